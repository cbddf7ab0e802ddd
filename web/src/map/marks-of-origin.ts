/** The lines that stand on every map and every picture: source, date, 示意图, 内部使用, 审图号. */
import type { City, Input, Title } from '../api/types.ts';
import { sourced, t, titled } from '../i18n/index.ts';
import { ground, stateOf } from '../state/city.svelte.ts';
import { reach } from '../state/reach.svelte.ts';
import { theme } from '../state/theme.svelte.ts';

/** Sources with dates of what is mapped; without a thematic map, of the areas. */
export function sourceLine(): string {
  const inputs = theme.question ? theme.inputs : (reach.answer.value?.provenance.inputs ?? []);
  const sources = inputs.length > 0 ? inputs.map(describe) : ground.layers.filter((l) => l.kind === 'area').map(areaSource);
  const distinct = [...new Set(sources.filter(Boolean))];
  // A source that another one begins with is said once.
  const told = distinct.filter((source) => !distinct.some((other) => other !== source && other.startsWith(source)));
  const dates = [...new Set(inputs.map((input) => input.reference_date).filter(Boolean))];
  return told.length > 0 ? [`${t('source')} ${told.slice(0, 2).join(t('and_source'))}`, ...dates.slice(0, 2)].join(' · ') : '';
}

const describe = (input: Input) => sourced(input) || titled(input.title);

function areaSource(layer: (typeof ground.layers)[number]): string {
  const state = stateOf(layer);
  return state ? [sourced(state) || titled(layer.title), state.period].filter(Boolean).join(', ') : '';
}

/** 合成数据 · 示意图 · 内部使用 · 审图号 … */
export function markLine(city: City, say: (title: Title) => string = titled): string {
  const marking = say(city.marking);
  const parts = [
    city.synthetic ? t('synthetic') : '',
    // The configured marking may say it already.
    /示意|schematic/i.test(marking) ? '' : t('schematic'),
    marking,
    city.approval_number ? `${t('approval_number')} ${city.approval_number}` : '',
  ];
  return parts.filter(Boolean).join(' · ');
}
