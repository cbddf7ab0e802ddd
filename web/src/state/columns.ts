import type { Layer, Row, TermFormat } from '../api/types.ts';
import { t, titled, unitTitle } from '../i18n/index.ts';
import { ground } from './city.svelte.ts';
import { view } from './view.svelte.ts';

/** A column of a table: title, unit, how it is printed, what it means. */
export interface Column {
  key: string;
  title: string;
  /** The title without the formula in brackets at its end. */
  short: string;
  /** That formula, or empty. */
  formula: string;
  unit: string;
  format: TermFormat;
  decimals: number;
  definition: string;
  source: string;
  /** Whether it tells how two values differ. */
  isChange?: boolean;
}

/** A column by key, from the terms or, for `layer.attribute`, from the layer's definition. */
export function columnOf(key: string): Column {
  const term = ground.terms.get(key);
  if (term) {
    return {
      key,
      ...worded(titled(term.title)),
      unit: unitTitle(term.unit),
      format: term.format,
      decimals: term.decimals,
      definition: titled(term.definition),
      source: term.source,
    };
  }
  const share = /^change_share\.(.+)$/.exec(key);
  if (share) {
    const [of, how] = [columnOf(share[1]!), columnOf('change_share')];
    const title = (name: string) => (view.lang === 'en' ? `${name} (${how.title})` : `${name} ${how.title}`);
    return { ...how, key, title: title(of.title), short: title(of.short) };
  }
  const side = /^(base|scenario|then|now|difference)\.(.+)$/.exec(key);
  if (side) {
    const of = columnOf(side[2]!);
    const word = titled(ground.terms.get(side[1] === 'difference' ? 'scenario_difference' : side[1]!)?.title);
    const beside = (title: string) => (view.lang === 'en' ? `${title} (${word.toLowerCase()})` : `${word} ${title}`);
    return { ...of, key, title: beside(of.title), short: beside(of.short), ...(side[1] === 'difference' && { isChange: true }) };
  }
  const dot = key.indexOf('.');
  const layer = ground.layer(key.slice(0, dot));
  const name = key.slice(dot + 1);
  if (layer && name === 'features') {
    const isPeople = layer.kind === 'residence' || layer.kind === 'workplace';
    return plain(key, t(isPeople ? 'places_of' : 'features_of', { layer: titled(layer.title) }), t('unit_feature'));
  }
  const [id, variant] = name.split('.');
  const attribute = layer?.attributes.find((attribute) => attribute.id === id);
  if (layer && attribute) {
    const suffix = variant ? ` · ${variantTitle(variant)}` : '';
    const base = ground.terms.get(attribute.id);
    return {
      ...plain(key, titled(attribute.title) + suffix, unitTitle(attribute.unit)),
      definition: base ? titled(base.definition) : '',
      source: base?.source ?? '',
    };
  }
  return plain(key, key, '');
}

function variantTitle(variant: string): string {
  const term = ground.terms.get(variant);
  return term ? titled(term.title) : variant === 'official' ? t('card_official') : variant;
}

function plain(key: string, title: string, unit: string): Column {
  return { key, ...worded(title), unit, format: 'integer', decimals: 0, definition: '', source: '' };
}

/** 职住比(岗位÷就业人口) is long for a heading: the formula may stand in a second line. */
export function worded(title: string): Pick<Column, 'title' | 'short' | 'formula'> {
  const found = /^(.+?)\s*[（(]([^()（）]*÷[^()（）]*)[)）]$/.exec(title);
  return { title, short: found?.[1] ?? title, formula: found?.[2] ?? '' };
}

/** Title with its unit, as a heading has it. */
export function heading(column: { title: string; unit: string }): string {
  if (!column.unit) return column.title;
  return view.lang === 'en' ? `${column.title} (${column.unit})` : `${column.title}（${column.unit}）`;
}

/** The counts that catchments are told by: people of the chosen caliber, jobs, employed residents. */
export function mainCounts(): { people: string | null; jobs: string | null; employed: string | null } {
  const homes = ground.layers.find((layer) => layer.kind === 'residence');
  const caliber = view.caliber || ground.city?.calibers[0]?.id;
  const chosen = homes?.attributes.find((attribute) => attribute.id === caliber);
  return { people: homes && chosen ? `${homes.id}.${chosen.id}` : keyOfRole('population'), jobs: keyOfRole('jobs'), employed: keyOfRole('employed') };
}

function keyOfRole(role: string): string | null {
  for (const layer of ground.layers) {
    const found = layer.attributes.find((attribute) => attribute.role === role);
    if (found) return `${layer.id}.${found.id}`;
  }
  return null;
}

/** The keys of the counts that are not empty: people and jobs first, numbers of features last. */
export function rankedCounts(totals: Row): string[] {
  const roles = ['population', 'jobs', 'employed', 'households', 'age_group', 'capacity'];
  const rank = (key: string): number => {
    const [layer = '', id = ''] = key.split('.');
    if (id === 'features') return roles.length + 1;
    const role = ground.layer(layer)?.attributes.find((attribute) => attribute.id === id)?.role ?? '';
    return roles.includes(role) ? roles.indexOf(role) : roles.length;
  };
  return Object.keys(totals)
    .filter((key) => key.includes('.') && totals[key] !== null && totals[key] !== 0)
    .toSorted((a, b) => rank(a) - rank(b));
}

/** Columns of counts of several layers: what a facility offers is told with the facility, 幼儿园 · 班数 and 中小学 · 班数. */
export function toldApart(keys: readonly string[]): Column[] {
  return keys.map((key) => {
    const column = columnOf(key);
    const layer = ground.layer(key.split('.')[0]!);
    if (layer?.kind !== 'facility' || key.endsWith('.features')) return column;
    return { ...column, ...worded(`${titled(layer.title)} · ${column.title}`) };
  });
}

/** Facilities and stations among counts, with how much each kind of them offers. */
export function facilityCounts(totals: Row): { layer: Layer; count: number; offers: { column: Column; value: number }[] }[] {
  return ground.layers.flatMap((layer) => {
    const count = totals[`${layer.id}.features`];
    if (layer.geometry !== 'point' || !['facility', 'station'].includes(layer.kind) || typeof count !== 'number') return [];
    const offers = layer.attributes.flatMap((attribute) => {
      const value = totals[`${layer.id}.${attribute.id}`];
      return attribute.role === 'capacity' && typeof value === 'number' && value > 0 ? [{ column: columnOf(`${layer.id}.${attribute.id}`), value }] : [];
    });
    return [{ layer, count, offers }];
  });
}

/** Keys that tell a program what people do not read. */
const HIDDEN = new Set(['id', 'code', 'level', 'reason', 'jobs_reason', 'walk_reason', 'name_en', 'lon', 'lat', 'bbox', 'center', 'geometry', 'parent', 'period']);

/** The columns of an answer in the server's order, without those that no row fills. */
export function columnsOf({ rows }: { rows: readonly Row[] }): Column[] {
  const keys = Object.keys(rows[0] ?? {}).filter((key) => !HIDDEN.has(key));
  const filled = keys.filter((key) => rows.some((row) => row[key] !== null && row[key] !== undefined));
  const texts = new Set(keys.filter((key) => rows.some((row) => typeof row[key] === 'string')));
  return filled.map((key) => (texts.has(key) ? { ...columnOf(key), format: 'text' } : columnOf(key)));
}
