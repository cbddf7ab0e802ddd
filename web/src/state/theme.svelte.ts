import { areasPath, ask, balancePath, stationCoveragePath, type Question } from '../api/questions.ts';
import type { AccessSummary, Answer, Gaps as GapsAnswer, Input, Layer, Row } from '../api/types.ts';
import { bivariateOf, cellOf } from '../classes/bivariate.ts';
import { breaksOf, classOf, countClasses, type Method } from '../classes/breaks.ts';
import { classLabel } from '../classes/legend.ts';
import { BIVARIATE, PALETTES, colorsOf, type PaletteId } from '../classes/palettes.ts';
import { distance, roundDown } from '../format/number.ts';
import { t, titled } from '../i18n/index.ts';
import type { ClassSummary } from '../zoning/types.ts';
import { access } from './access.svelte.ts';
import { change } from './change.svelte.ts';
import { asked, ground } from './city.svelte.ts';
import { commute } from './commute.svelte.ts';
import { compared } from './compared.svelte.ts';
import { columnOf, columnsOf, worded, type Column } from './columns.ts';
import { Resource } from './resource.svelte.ts';
import { GAP_MEASURES, gaps } from './gaps.svelte.ts';
import { periods } from './periods.svelte.ts';
import { scales } from './scales.svelte.ts';
import { NETWORK_CUTOFFS } from './url.ts';
import { view } from './view.svelte.ts';
import { zoning } from './zoning.svelte.ts';

/** Edges that literature names, around the middle of a measure (0.8–1.2 is balanced). */
const BANDS: Record<string, { breaks: number[]; middle: number }> = {
  jobs_per_employed_resident: { breaks: [0.5, 0.8, 1.2, 2], middle: 1 },
  balance_index: { breaks: [-0.33, -0.11, 0.09, 0.33], middle: 0 },
};

/** What the server calls the city as a whole. */
const WHOLE = 'city';
const DENSITY = 'density:';
const WALKED = 'walk_share_residents';

/** A question whose rows can be mapped, and which one it is. */
export interface ThemeQuestion extends Question {
  kind: 'balance' | 'areas' | 'periods' | 'change' | 'coverage' | 'access' | 'commute' | 'gaps' | 'zoning' | 'compare';
}

/**
 * The thematic map (专题地图): the rows of a question, the column that is mapped, and its classes.
 * Map, legend, table and picture all read this, so they cannot disagree.
 */
class Theme {
  answer = new Resource<Answer & { kind: ThemeQuestion['kind']; summary?: AccessSummary }>();

  /** The question of the open mode; null where the mode maps no areas. */
  question = $derived.by((): ThemeQuestion | null => {
    // A city without areas is told as a whole.
    const level = ground.level?.id ?? WHOLE;
    if (!ground.city) return null;
    if (periods.since) return { kind: 'periods', path: periods.path(level) };
    switch (view.mode) {
      case 'overview':
        return { kind: 'balance', path: balancePath(level, null, asked()) };
      case 'balance':
        if (commute.question) return { kind: 'commute', ...commute.question };
        return { kind: 'balance', path: balancePath(level, this.catchment_m, asked()) };
      case 'browse':
        return ground.level ? { kind: 'areas', path: areasPath(level, asked()) } : null;
      case 'reach':
        if (view.tab === 'coverage' && ground.stations) return { kind: 'coverage', path: stationCoveragePath(ground.stations.id, level, NETWORK_CUTOFFS, asked()) };
        return view.tab === 'change' && change.question ? { kind: 'change', ...change.question } : null;
      case 'scenario': {
        const id = view.scenario;
        if (id === null) return { kind: 'balance', path: balancePath(level, null, asked()) };
        return { kind: 'compare', path: compared.path(id, level) };
      }
      case 'access':
        return access.question && { kind: 'access', ...access.question };
      case 'zoning':
        return zoning.question && { kind: 'zoning', ...zoning.question };
      case 'gaps':
        return gaps.question && { kind: 'gaps', ...gaps.question };
    }
  });

  /** Whether rows are cells of a grid (格网) and no areas. */
  isCells = $derived(view.mode === 'access' && access.isGrid);

  /** The radius of the floating catchment; of one scale only. */
  catchment_m = $derived(view.mode === 'balance' && view.balance === 'ratio' ? view.catchment_m : null);

  /** Whether the areas are coloured. */
  isShaded = $derived(this.question !== null && ground.level !== undefined && !this.isCells && !(view.mode === 'browse' && view.display === 'points'));

  isGaps = $derived(this.question?.kind === 'gaps');

  /** The gaps of the whole that is asked for, one row for each service. */
  gapTotals = $derived.by((): Row[] => (this.isGaps && this.fits ? [this.answer.value!.totals].flat() : []));

  /** Whether the map shows what the network of stations covers. */
  isCoverage = $derived(this.question?.kind === 'coverage');

  /** Whether the colours of areas stand back behind arcs or outlines. */
  isPale = $derived(this.question?.kind === 'commute' || this.question?.kind === 'change');

  /** How strongly areas are coloured. */
  opacity = $derived(this.question?.kind === 'change' ? 0.3 : this.isPale ? 0.5 : 0.88);

  isCommute = $derived(this.question?.kind === 'commute');

  /** Whether the map shows what has changed between two dates. */
  isPeriods = $derived(this.question?.kind === 'periods');

  isBalance = $derived(!this.isCommute && !this.isPeriods && (view.mode === 'overview' || view.mode === 'balance' || (view.mode === 'scenario' && view.scenario === null)));

  /** Whether a scenario stands beside the city as it is. */
  isCompared = $derived(view.mode === 'scenario' && view.scenario !== null);

  /** Whether the city as it is stands beside the scenario on a map of its own. */
  isBeside = $derived(this.isCompared && compared.side !== 'difference');

  /** The column of the city as it is that stands beside the mapped one. */
  baseKey = $derived(`base.${compared.column}`);

  /** Whether the legend has classes. */
  isClassed = $derived(this.isShaded || this.isCells);

  /** `layer.attribute` of the browsed count. */
  subject = $derived.by(() => view.subject || defaultSubject());

  /** What changes between two dates are told of. */
  counted = $derived.by(() => (view.mode === 'browse' ? this.subject : view.measure));

  /** The answer's rows: those of areas or cells, else the city's own. */
  private told = $derived.by((): Row[] => {
    const answer = this.answer.value;
    if (!answer) return [];
    return ground.level || this.isCells ? answer.rows : [answer.totals].flat();
  });

  /** Whether the answer at hand belongs to the open mode. */
  fits = $derived(this.question !== null && this.answer.value?.kind === this.question.kind && this.told.length > 0);

  isDensity = $derived(view.mode === 'browse' && view.display === 'density');

  /** The rows, with the density of the browsed count where it is asked for. */
  rows = $derived.by((): Row[] => {
    const rows = this.fits ? this.told : [];
    if (view.mode === 'access') return rows.map((row) => access.row(row, this.isCells));
    if (view.mode === 'zoning') return rows.map((row) => zoning.row(row));
    if (this.isGaps) return rows.filter((row) => row['service'] === gaps.service).map((row) => gaps.row(row, this.answer.value as unknown as GapsAnswer));
    if (this.isCoverage) return rows.filter((row) => row['cutoff'] === view.network_m);
    return this.isDensity ? rows.map((row) => ({ ...row, [this.key]: densityOf(row, this.subject) })) : rows;
  });

  /** Whether commuting flows tell who works where they live. */
  hasFlows = $derived.by(() => this.isBalance && this.rows.some((row) => 'self_containment' in row));

  totals = $derived.by((): Row => {
    const told = this.fits ? this.answer.value!.totals : {};
    // One row for each cutoff.
    const ofCutoff = (row: Row) => (this.isGaps ? row['service'] === gaps.service : !this.isCoverage || row['cutoff'] === view.network_m);
    const one: Row = Array.isArray(told) ? ((told as Row[]).find(ofCutoff) ?? {}) : told;
    const totals = view.mode === 'access' ? access.row(one, false) : view.mode === 'zoning' ? { ...one, present_residents: one['residents'] } : one;
    return this.isDensity ? { ...totals, [this.key]: densityOf(totals, this.subject) } : totals;
  });

  /** The mapped column. */
  key = $derived.by(() => {
    if (this.isPeriods) return periods.keyOf(this.counted);
    if (view.mode === 'overview') return 'jobs_per_employed_resident';
    if (this.isCoverage) return this.rows.some((row) => numberAt(row, WALKED) !== null) ? WALKED : 'straight_share_residents';
    if (view.mode === 'reach') return 'difference_residents';
    if (view.mode === 'access') return 'value';
    if (this.isCompared) return `${compared.side}.${compared.column}`;
    if (view.mode === 'zoning') return 'class';
    if (this.isGaps) {
      const known = GAP_MEASURES.filter((key) => this.rows.some((row) => numberAt(row, key) !== null));
      return known.find((key) => key === view.gap) ?? known[0] ?? 'shortfall';
    }
    if (this.isCommute) return commute.measuresOf(this.rows).find((key) => key === view.commute) ?? 'self_containment';
    if (this.isBalance) return scales.isShown ? 'jobs_per_employed_resident' : view.measure;
    return view.display === 'density' ? DENSITY + this.subject : this.subject;
  });

  column = $derived.by((): Column => {
    const column = this.columnAt(this.key);
    if (this.isGaps) return { ...column, ...worded(`${gaps.title} · ${column.short}`) };
    if (this.isCoverage) return { ...column, ...worded(`${column.short} · ${distance(view.network_m)}`) };
    if (this.isPeriods) return { ...column, ...worded(`${column.short} · ${periods.since} → ${periods.until}`) };
    if (this.catchment_m === null || this.key !== 'jobs_per_employed_resident') return column;
    return { ...column, ...worded(`${column.short} · ${t('catchment_of', { d: distance(this.catchment_m) })}`) };
  });

  /** A column of the table, the mapped density included. */
  columnAt(key: string): Column {
    if (view.mode === 'access' && key === 'value') return access.column(this.known);
    if (!key.startsWith(DENSITY)) return columnOf(key);
    const base = columnOf(key.slice(DENSITY.length));
    return {
      ...base,
      key,
      ...worded(t('density_of', { name: base.title })),
      unit: t('per_km2', { unit: base.unit }).replace(/^ \//, '/'),
      decimals: 0,
      definition: `${base.title} ÷ ${columnOf('official_area_km2').title}`,
    };
  }

  values = $derived(this.rows.map((row) => numberAt(row, this.key)));
  /** The values of the city as it is, where both sides are shown. */
  private baseValues = $derived(this.isBeside ? this.rows.map((row) => numberAt(row, this.baseKey)) : []);
  known = $derived([...this.values, ...this.baseValues].filter((value) => value !== null));

  bandOf = $derived.by(() => {
    if (this.isBeside) return BANDS[compared.column];
    if (this.isCompared) return differenceBand(compared.column, this.known);
    if (this.isPeriods) return periods.isShare ? changeBand(this.known, 0.01, 0.0005) : differenceBand(this.counted, this.known);
    return this.question?.kind === 'change' ? changeBand(this.known) : BANDS[this.key];
  });

  method = $derived.by((): Method => {
    if (view.mode === 'overview') return 'band';
    if (view.method === 'band' && !this.bandOf) return 'quantile';
    return view.method || (this.bandOf ? 'band' : 'quantile');
  });

  breaks = $derived.by((): number[] => {
    if (this.method === 'band') return this.bandOf!.breaks;
    if (this.method === 'custom') return view.breaks;
    return breaksOf(this.method, this.known, view.classes);
  });

  /** The breaks as values are held against them: 1.2 is still balanced, as literature has it. */
  private edges = $derived.by((): number[] => (this.method === 'band' ? this.breaks.map((edge) => (edge > this.bandOf!.middle ? edge + Math.abs(edge) * Number.EPSILON : edge)) : this.breaks));

  palette = $derived.by((): PaletteId => {
    if (view.mode !== 'overview' && view.palette) return view.palette;
    if (this.isGaps) return /fulfilment|covered$/.test(this.key) && !this.key.endsWith('uncovered') ? 'YlGnBu' : 'YlOrBr';
    // Arcs have the colours there.
    if (this.isCommute) return 'Greys';
    return this.bandOf ? 'PuOr' : 'YlGnBu';
  });

  colors = $derived.by((): readonly string[] => {
    if (this.categories?.length) return this.categories.map((category) => category.colour!);
    if (this.isBivariate) return BIVARIATE;
    const middle = PALETTES[this.palette].diverging && this.bandOf ? classOf(this.bandOf.middle, this.breaks) : undefined;
    return colorsOf(this.palette, this.breaks.length + 1, middle);
  });

  isBivariate = $derived(this.isBalance && view.mode === 'balance' && !scales.isShown && view.bivariate);

  bivariate = $derived(bivariateOf(this.rows.map((row) => [numberAt(row, 'jobs'), numberAt(row, 'employed_residents')])));

  /** The class of each row, in the order of the rows; null without a value. */
  classes = $derived.by((): (number | null)[] => {
    const categories = this.categories;
    if (categories) return this.rows.map((row) => zoning.classOf(row, categories));
    if (this.isBivariate) {
      return this.rows.map((row) =>
        cellOf([numberAt(row, 'jobs'), numberAt(row, 'employed_residents')], this.bivariate),
      );
    }
    return this.values.map((value) => (value === null ? null : classOf(value, this.edges)));
  });

  /** How many areas each class has. */
  counts = $derived.by(() => {
    if (this.categories) return this.categories.map((_, i) => this.classes.filter((found) => found === i).length);
    if (!this.isBivariate) return countClasses(this.values, this.edges);
    const counts = new Array<number>(9).fill(0);
    for (const cell of this.classes) if (cell !== null) counts[cell]!++;
    return counts;
  });

  /** The layout classes in the order of their rules, where the map shows them. */
  categories = $derived.by((): ClassSummary[] | null => {
    if (view.mode !== 'zoning') return null;
    const found = this.fits ? zoning.found(this.answer.value) : null;
    return (found?.classes ?? []).filter((summary) => summary.class !== null);
  });

  /** What a class of the legend is called. */
  label(i: number): string {
    return this.categories ? titled(this.categories[i]?.class_title) : classLabel(this.breaks, i, this.column);
  }

  /** What areas without a class are called. */
  unlabelled = $derived(t(view.mode === 'zoning' ? 'zoning_unclassified' : 'legend_no_data'));

  undefinedCount = $derived(this.classes.filter((cell) => cell === null).length);

  /** Whether the bivariate legend leaves an area in view. */
  passes(cell: number | null): boolean {
    return !this.isBivariate || view.cells.length === 0 || (cell !== null && view.cells.includes(cell));
  }

  byCode = $derived(new Map(this.rows.map((row, i) => [String(row['code']), { row, class: this.classes[i] ?? null }])));

  /** The classes of the city as it is, by the same edges. */
  baseByCode = $derived(new Map(this.rows.map((row, i) => [String(row['code']), { class: this.baseValues[i] === null || this.baseValues[i] === undefined ? null : classOf(this.baseValues[i], this.edges) }])));

  /** The columns of the table. */
  columns = $derived.by((): Column[] => this.columnKeys.map((key) => this.columnAt(key)));

  /** Whether any area has a value of it. */
  isKnown(key: string): boolean {
    return this.rows.some((row) => numberAt(row, key) !== null);
  }

  private columnKeys = $derived.by((): string[] => {
    if (this.isBalance) {
      const keys = ['name', 'usual_residents', 'employed_residents', 'households', 'jobs', 'jobs_per_employed_resident', 'jobs_per_household', 'balance_index'];
      if (this.hasFlows) keys.push('self_containment', 'self_sufficiency', 'independence');
      if (this.catchment_m !== null) keys.push('catchment_jobs', 'catchment_employed_residents');
      // What nothing is known of at all takes no room.
      return keys.filter((key) => key === 'name' || key === this.key || this.isKnown(key));
    }
    if (this.isPeriods) return periods.columns(this.counted).filter((key) => key === 'name' || key === 'code' || key === this.key || this.isKnown(key));
    if (view.mode === 'zoning') return zoning.columns();
    if (this.isGaps) return GAP_COLUMNS.filter((key) => key === 'name' || key === this.key || this.isKnown(key) || this.rows.some((row) => typeof row[key] === 'string'));
    if (this.isCommute) return ['name', ...columnsOf({ rows: this.rows }).map((column) => column.key).filter((key) => key !== 'name')];
    if (view.mode === 'access') return ['name', ...(this.isCells ? [] : ['code']), 'demand', 'value'];
    if (this.isCompared) return ['name', ...compared.columns];
    if (view.mode === 'reach') return CHANGE_COLUMNS.filter((key) => this.rows.some((row) => numberAt(row, key) !== null || key === 'name'));
    const layer = this.subject.split('.')[0]!;
    const first = this.rows[0] ?? {};
    const others = Object.keys(first).filter((key) => key.startsWith(`${layer}.`) && key !== this.subject);
    const sizes = ['official_area_km2', 'area_km2', 'area_deviation_share', 'density_per_km2'];
    const filled = sizes.filter((key) => this.rows.some((row) => row[key] !== null && row[key] !== undefined));
    return ['name', 'code', this.subject, ...(this.isDensity ? [this.key] : []), ...filled, ...others];
  });

  /** What the mapped column was made of, where it comes from one layer; else everything. */
  inputs = $derived.by((): Input[] => {
    const all = this.fits ? this.answer.value!.provenance.inputs : [];
    const own = view.mode !== 'browse' ? [] : all.filter((input) => this.subject.startsWith(`${input.layer}.`));
    return own.length > 0 ? own : all;
  });

  /** Asks again whenever the question changes. Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const question = this.question;
      if (!question) {
        this.answer.leave();
        return;
      }
      this.answer.ask(JSON.stringify(question), async (signal, tell) => ({ ...(await ask<Answer>(question, signal, tell)), kind: question.kind }));
    });
  }
}

/** What lacks stands first: it is what the table is opened for. */
const GAP_COLUMNS = ['name', 'shortfall', 'surplus', 'fulfilment', 'evaluation', 'facilities', 'capacity', 'capacity_unknown', 'demand', 'required', 'straight_share_covered', 'straight_uncovered', 'network_share_covered', 'network_uncovered', 'network_demand_uncovered', 'share_below_norm', 'change_facilities', 'change_capacity', 'change_required', 'change_shortfall'];

const CHANGE_COLUMNS = ['name', ...['residents', 'jobs'].flatMap((of) => ['before', 'after', 'difference', 'gained', 'lost'].map((what) => `${what}_${of}`))];

/** Edges on both sides of no change, for ratios as they are read. */
function differenceBand(column: string, values: readonly number[]): { breaks: number[]; middle: number } {
  if (column === 'balance_index' || column === 'jobs_per_household') return { breaks: [-0.1, -0.001, 0.001, 0.1], middle: 0 };
  if (column.includes('share') || column === 'capacity_ratio' || column === 'self_containment') return { breaks: [-0.05, -0.0005, 0.0005, 0.05], middle: 0 };
  return column === 'jobs_per_employed_resident' ? { breaks: [-0.1, -0.001, 0.001, 0.1], middle: 0 } : changeBand(values);
}

/** Edges on both sides of no change, which is no more than `dead`, and a third of the greatest, taken for `least` at least. */
function changeBand(values: readonly number[], least = 1, dead = values.every(Number.isInteger) ? 0.5 : least / 1000): { breaks: number[]; middle: number } {
  const large = roundDown(Math.max(least, ...values.map(Math.abs)) / 3);
  return { breaks: large > dead ? [-large, -dead, dead, large] : [-dead, dead], middle: 0 };
}

function densityOf(row: Row, subject: string): number | null {
  const count = numberAt(row, subject);
  const km2 = numberAt(row, 'official_area_km2') ?? numberAt(row, 'area_km2');
  return count !== null && km2 !== null && km2 > 0 ? count / km2 : null;
}

/** Whether any feature has a value, where the server says so. */
export function isFilled(layer: Layer, attribute: string): boolean {
  return Object.keys(layer.totals).length === 0 || layer.totals[attribute] !== undefined;
}

function defaultSubject(): string {
  const homes = ground.layers.find((layer) => layer.kind === 'residence');
  const caliber = view.caliber || ground.city?.calibers[0]?.id || 'usual_residents';
  if (homes?.attributes.some((attribute) => attribute.id === caliber) && isFilled(homes, caliber)) return `${homes.id}.${caliber}`;
  for (const layer of ground.featureLayers) {
    const count = layer.attributes.find((attribute) => attribute.type === 'count' && isFilled(layer, attribute.id));
    if (count) return `${layer.id}.${count.id}`;
  }
  const any = ground.featureLayers[0];
  return any ? `${any.id}.features` : '';
}

/** A finite number of a row, or null. */
export function numberAt(row: Row | null | undefined, key: string): number | null {
  const value = row?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export const theme = new Theme();
