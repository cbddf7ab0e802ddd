import type { Answer } from '../api/types.ts';
import { sourced, t, titled } from '../i18n/index.ts';
import { decimals } from '../format/number.ts';
import { ground } from './city.svelte.ts';
import { heading, type Column } from './columns.ts';
import { reach } from './reach.svelte.ts';
import { reachTables } from './reach-tables.svelte.ts';
import { theme } from './theme.svelte.ts';
import { view } from './view.svelte.ts';

/** What the numbers on the page were made of: of the thematic map, else of the open table or catchments. */
export function shownAnswer(): Pick<Answer, 'provenance' | 'left_out'> | null {
  if (theme.question) return theme.answer.value;
  return (view.tab === 'chosen' ? null : reachTables.shown) ?? reach.answer.value;
}

/** The sentence that a report prints under a figure (脚注). */
export function footnoteOf(column: Column, answer: Pick<Answer, 'provenance'> | null): string {
  const inputs = (answer?.provenance.inputs ?? []).map((input) =>
    [titled(input.title), sourced(input), input.reference_date].filter(Boolean).join(', '),
  );
  return t('footnote', {
    title: heading(column),
    definition: column.definition,
    inputs: inputs.join('; '),
    version: answer?.provenance.data_version ?? '',
    software: answer?.provenance.software ?? '',
  });
}

/** What an answer left out, one line for each cause. */
export function leftOutLines(answer: Pick<Answer, 'left_out'>): string[] {
  return Object.entries(answer.left_out).flatMap(([key, counts]) => {
    const [layerId, attributeId] = key.split('.');
    const layer = ground.layer(layerId ?? '');
    const attribute = layer?.attributes.find((attribute) => attribute.id === attributeId);
    const names = { layer: titled(layer?.title) || (layerId ?? ''), name: titled(attribute?.title) || (attributeId ?? '') };
    const lines: string[] = [];
    if (counts.missing) lines.push(t('left_out_missing', { ...names, n: decimals(counts.missing, 0) }));
    if (counts.outside_areas) lines.push(t('left_out_outside', { ...names, n: decimals(counts.outside_areas, 0) }));
    if (counts.unnamed) lines.push(t('left_out_unnamed', { ...names, n: decimals(counts.unnamed, 0) }));
    return lines;
  });
}
