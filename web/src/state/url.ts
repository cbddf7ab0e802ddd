/** The whole view as the query part of the address, so that a link or a bookmark restores it. */
import { decodeDecay, encodeDecay, type Decay } from '../access/decay.ts';
import type { AccessMeasure, Departure, MatrixWay, Objective, Unit, Way } from '../api/types.ts';
import { tidyBreaks, type Method } from '../classes/breaks.ts';
import { PALETTES, type PaletteId } from '../classes/palettes.ts';
import { clock, minutesOf } from '../format/clock.ts';
import type { Lang } from '../format/number.ts';
import { decodeChoices, encodeChoices, type Choice } from './choices.ts';

export const MODES = ['overview', 'browse', 'balance', 'reach', 'access', 'gaps', 'zoning', 'scenario'] as const;
export type Mode = (typeof MODES)[number];

/** Modes that ask about the city. */
export type Theme = Exclude<Mode, 'scenario'>;
const THEMES = MODES.filter((mode): mode is Theme => mode !== 'scenario');

export const MEASURES = ['jobs_per_employed_resident', 'jobs_per_household', 'balance_index', 'self_containment'] as const;
export type Measure = (typeof MEASURES)[number];

/** The ratio of one scale, who commutes where, or the ratio of all scales. */
export const BALANCE_VIEWS = ['ratio', 'commuting', 'scales'] as const;
export type BalanceView = (typeof BALANCE_VIEWS)[number];

/** How a count is shown: as sums of areas, per km², or at its places. */
export const DISPLAYS = ['total', 'density', 'points'] as const;
export type Display = (typeof DISPLAYS)[number];

export const WAYS = ['straight', 'walk', 'bicycle', 'car', 'transit'] as const satisfies readonly Way[];
export const UNITS = ['m', 'min'] as const satisfies readonly Unit[];

/** By timetable: every minute of a window in which one leaves, or a time by which one arrives. */
export const TIMINGS = ['departure', 'arrival'] as const;
export type Timing = (typeof TIMINGS)[number];

/** The tables of the mode 可达. */
export const TABS = ['chosen', 'stations', 'coverage', 'change'] as const;
export type Tab = (typeof TABS)[number];

/** Distances of the network table in every yearbook, metres. */
export const NETWORK_CUTOFFS: readonly number[] = [300, 500, 600, 800];

export const ACCESS_MEASURES = ['2sfca', 'e2sfca', '3sfca', 'bfca', 'raam', 'competitive', 'gravity', 'cumulative', 'nearest'] as const satisfies readonly AccessMeasure[];

/** How a scenario stands beside the city as it is: one map of the difference, a divider to drag, two maps. */
export const SIDES = ['difference', 'swipe', 'two'] as const;
export type Sides = (typeof SIDES)[number];

/** What new sites are chosen for: most of what areas lack, most people, least travel, nobody far, fewest sites. */
export const OBJECTIVES = ['shortfall', 'cover', 'median', 'centre', 'set'] as const satisfies readonly Objective[];

export type Position = [lon: number, lat: number];

export interface Camera {
  lon: number;
  lat: number;
  zoom: number;
}

export type Selection =
  | { kind: 'area'; code: string }
  | { kind: 'feature'; layer: string; id: string }
  | null;

export interface Sort {
  key: string;
  descending: boolean;
}

/** When one leaves, as far as it was chosen: the window is null for what suits the timetable. */
export type Leaving = Omit<Departure, 'from' | 'to'> & ({ from: number; to: number } | { from: null; to: null });

export interface View {
  lang: Lang;
  mode: Mode;
  /** Empty for the latest. */
  period: string;
  /** The earlier date that changes are counted from; empty where nothing is compared. */
  since: string;
  /** Whether changes are mapped as shares of what there was. */
  since_share: boolean;
  /** Empty for the city's first. */
  caliber: string;
  /** Empty for the largest areas. */
  level: string;
  /** `layer.attribute` or `layer.features` to map; empty for the first population. */
  subject: string;
  display: Display;
  measure: Measure;
  /** Radius of the floating catchment, metres. */
  catchment_m: number | null;
  /** What the mode 职住 shows. */
  balance: BalanceView;
  /** The mapped measure of commuting; empty for self-containment. */
  commute: string;
  /** Only who goes to work so; empty for all. */
  commuters: string;
  /** How many flows are drawn at most. */
  flows: number;
  /** Whether the table is the second one of the mode: single flows, places balanced by count only, school places of the years ahead. */
  listing: boolean;
  bivariate: boolean;
  /** Chosen cells of the bivariate legend, 0–8. */
  cells: number[];
  /** Empty for what suits the measure. */
  method: Method | '';
  classes: number;
  /** Inner edges where the method is `custom`. */
  breaks: number[];
  palette: PaletteId | '';
  /** Visible layers; null for those that the definitions show first. */
  layers: string[] | null;
  selection: Selection;
  /** Corners of the drawn polygon, not closed. */
  polygon: Position[] | null;
  /** Where catchments start: stations, whole lines, any places. */
  chosen: Choice[];
  /** The set before and the set after, where two are compared. */
  before: Choice[] | null;
  after: Choice[] | null;
  /** Empty for the city's best way on foot. */
  way: Way | MatrixWay | '';
  unit: Unit;
  /** The distances or times kept beside one another. */
  cutoffs: number[];
  /** The one on the slider; null for the largest of them. */
  cutoff: number | null;
  /** Whether circles stand beside the network. */
  beside: boolean;
  /** Radius of those circles, metres; null for as far as the network goes. */
  circle_m: number | null;
  departure: Leaving;
  /** Empty for what suits the mode. */
  timing: Timing | '';
  /** By when one arrives, minutes after midnight; null for what suits the timetable. */
  arrive: number | null;
  tab: Tab;
  /** The distance of the network's coverage that the map shows, metres. */
  network_m: number;
  /** The layer that is reached; empty for the first with facilities. */
  facility: string;
  /** Its attribute that is shared out; empty for the first with a value. */
  capacity: string;
  /** Who wants it; empty for the chosen caliber. */
  demand: string;
  access: AccessMeasure;
  /** How the weight falls with distance; null for what suits the measure. */
  decay: Decay | null;
  /** Below what access counts as poor, as it is shown; null where that is not asked. */
  poverty_line: number | null;
  /** Whether access is shown by cells rather than by areas. */
  grid: boolean;
  /** The scenario that the city is looked at in; null for the city as it is. */
  scenario: number | null;
  sides: Sides;
  /** What a scenario is compared by, `question.column`. */
  compared: string;
  /** The mode that a scenario was opened from: its key figures are told. */
  about: Theme;
  /** The norm set; empty for the server's. */
  norms: string;
  /** Its service that is looked at; empty for primary schools, else the first. */
  service: string;
  /** The code of one's own district; empty for the whole city. */
  within: string;
  /** The mapped measure of the gap; empty for the first that is known. */
  gap: string;
  gap_way: 'walk' | 'straight';
  /** How many new sites are asked for; 0 for none. */
  sites: number;
  /** What they are chosen for; empty for what suits the service. */
  objective: Objective | '';
  /** The layer whose features are candidates; empty for one in each cell of a grid. */
  candidates: string;
  /** The places of a new site; null for as many as those that stand have on average. */
  site_capacity: number | null;
  /** Whether several aims stand beside one another. */
  aims: boolean;
  /** The rules of layout classes; empty for the default ones. */
  rules: string;
  /** Thresholds that were moved, by the key of their criterion. */
  thresholds: Record<string, number>;
  table: boolean;
  sort: Sort | null;
  /** Null for the whole city. */
  camera: Camera | null;
}

export function defaultView(lang: Lang = 'zh'): View {
  return {
    lang,
    mode: 'overview',
    period: '',
    since: '',
    since_share: false,
    caliber: '',
    level: '',
    subject: '',
    display: 'total',
    measure: 'jobs_per_employed_resident',
    catchment_m: null,
    balance: 'ratio',
    commute: '',
    commuters: '',
    flows: 200,
    listing: false,
    bivariate: false,
    cells: [],
    method: '',
    classes: 5,
    breaks: [],
    palette: '',
    layers: null,
    selection: null,
    polygon: null,
    chosen: [],
    before: null,
    after: null,
    way: '',
    unit: 'm',
    cutoffs: [500, 800],
    cutoff: null,
    beside: true,
    circle_m: null,
    departure: { date: '', from: null, to: null, percentile: 50 },
    timing: '',
    arrive: null,
    tab: 'chosen',
    network_m: 800,
    facility: '',
    capacity: '',
    demand: '',
    access: '2sfca',
    decay: null,
    poverty_line: null,
    grid: false,
    scenario: null,
    sides: 'difference',
    compared: 'balance.jobs_per_employed_resident',
    about: 'overview',
    norms: '',
    service: '',
    within: '',
    gap: '',
    gap_way: 'walk',
    sites: 0,
    objective: '',
    candidates: '',
    site_capacity: null,
    aims: false,
    rules: '',
    thresholds: {},
    table: false,
    sort: null,
    camera: null,
  };
}

/** Only what differs from the default is written, so that the first address is bare. */
export function encodeView(view: View): string {
  const usual = defaultView();
  const search = new URLSearchParams();
  const put = (key: string, value: string, unless = '') => {
    if (value !== unless) search.set(key, value);
  };
  put('lang', view.lang, usual.lang);
  put('mode', view.mode, usual.mode);
  put('period', view.period);
  put('since', view.since);
  put('since_share', view.since_share ? '1' : '');
  put('caliber', view.caliber);
  put('level', view.level);
  put('subject', view.subject);
  put('display', view.display, usual.display);
  put('measure', view.measure, usual.measure);
  if (view.catchment_m !== null) put('catchment_m', String(view.catchment_m));
  put('balance', view.balance, usual.balance);
  put('commute', view.commute);
  put('commuters', view.commuters);
  put('flows', String(view.flows), String(usual.flows));
  put('listing', view.listing ? '1' : '');
  put('bivariate', view.bivariate ? '1' : '');
  put('cells', view.cells.join(','));
  put('method', view.method);
  put('classes', String(view.classes), String(usual.classes));
  put('breaks', view.breaks.join(','));
  put('palette', view.palette);
  if (view.layers !== null) search.set('layers', view.layers.join(','));
  if (view.selection?.kind === 'area') put('area', view.selection.code);
  if (view.selection?.kind === 'feature') put('feature', `${view.selection.layer}/${view.selection.id}`);
  if (view.polygon) put('polygon', view.polygon.map((p) => p.map(degrees).join(',')).join(';'));
  put('stations', encodeChoices(view.chosen));
  if (view.before) search.set('before', encodeChoices(view.before));
  if (view.after) search.set('after', encodeChoices(view.after));
  put('by', view.way);
  put('unit', view.unit, usual.unit);
  put('cutoffs', view.cutoffs.join(','), usual.cutoffs.join(','));
  if (view.cutoff !== null) put('cutoff', String(view.cutoff));
  put('circles', view.beside ? '' : '0');
  if (view.circle_m !== null) put('circle_m', String(view.circle_m));
  put('departure', departureText(view.departure), departureText(usual.departure));
  put('timing', view.timing);
  put('arrive', view.arrive === null ? '' : clock(view.arrive), '');
  put('tab', view.tab, usual.tab);
  put('network_m', String(view.network_m), String(usual.network_m));
  put('facility', view.facility);
  put('capacity', view.capacity);
  put('demand', view.demand);
  put('access', view.access, usual.access);
  if (view.decay) put('decay', encodeDecay(view.decay));
  if (view.poverty_line !== null) put('poverty_line', String(view.poverty_line));
  put('grid', view.grid ? '1' : '');
  if (view.scenario !== null) put('scenario', String(view.scenario));
  put('sides', view.sides, usual.sides);
  put('compared', view.compared, usual.compared);
  put('about', view.about, usual.about);
  put('norms', view.norms);
  put('service', view.service);
  put('within', view.within);
  put('gap', view.gap);
  put('gap_way', view.gap_way, usual.gap_way);
  if (view.sites > 0) put('sites', String(view.sites));
  put('objective', view.objective);
  put('candidates', view.candidates);
  if (view.site_capacity !== null) put('site_capacity', String(view.site_capacity));
  put('aims', view.aims ? '1' : '');
  put('rules', view.rules);
  put('thresholds', Object.entries(view.thresholds).map(([key, value]) => `${key}:${value}`).join(','));
  put('table', view.table ? '1' : '');
  if (view.sort) put('sort', (view.sort.descending ? '-' : '') + view.sort.key);
  if (view.camera) put('map', [degrees(view.camera.lon), degrees(view.camera.lat), round(view.camera.zoom, 2)].join(','));
  // Commas, semicolons and colons are allowed in a query and keep the address readable.
  return search.toString().replaceAll('%2C', ',').replaceAll('%3B', ';').replaceAll('%2F', '/').replaceAll('%3A', ':');
}

/** A year, month or day; empty where it is none. */
const dateOf = (text: string) => (/^\d{4}(-\d{2}){0,2}$/.test(text) ? text : '');

/** The view of an address; whatever cannot be read falls back to the default. */
export function decodeView(query: string, lang: Lang = 'zh'): View {
  const search = new URLSearchParams(query);
  const text = (key: string) => search.get(key) ?? '';
  const oneOf = <T extends string>(key: string, allowed: readonly T[], otherwise: T): T =>
    allowed.find((value) => value === search.get(key)) ?? otherwise;
  const usual = defaultView(lang);
  const classes = Number(text('classes'));
  const catchment = Number(text('catchment_m'));
  return {
    lang: oneOf('lang', ['zh', 'en'], usual.lang),
    // Links from before the mode had its name.
    mode: text('mode') === 'stations' ? 'reach' : oneOf('mode', MODES, usual.mode),
    period: dateOf(text('period')),
    since: dateOf(text('since')),
    since_share: text('since_share') === '1',
    caliber: text('caliber'),
    level: text('level'),
    subject: text('subject'),
    display: oneOf('display', DISPLAYS, usual.display),
    measure: oneOf('measure', MEASURES, usual.measure),
    catchment_m: catchment > 0 && catchment <= 100_000 ? catchment : null,
    balance: oneOf('balance', BALANCE_VIEWS, text('commuting') === '1' ? 'commuting' : usual.balance),
    commute: text('commute'),
    commuters: text('commuters'),
    flows: flowsOf(text('flows')) ?? usual.flows,
    listing: text('listing') === '1' || text('flow_table') === '1',
    bivariate: text('bivariate') === '1',
    cells: numbers(text('cells')).filter((cell) => Number.isInteger(cell) && cell >= 0 && cell < 9),
    method: oneOf<Method | ''>('method', ['quantile', 'jenks', 'equal', 'custom', 'band'], ''),
    classes: Number.isInteger(classes) && classes >= 3 && classes <= 9 ? classes : usual.classes,
    breaks: tidyBreaks(numbers(text('breaks'))),
    palette: oneOf<PaletteId | ''>('palette', Object.keys(PALETTES) as PaletteId[], ''),
    layers: search.has('layers') ? text('layers').split(',').filter(Boolean) : null,
    selection: selectionOf(text('area'), text('feature')),
    polygon: polygonOf(text('polygon')),
    chosen: decodeChoices(text('stations')),
    before: search.has('before') ? decodeChoices(text('before')) : null,
    after: search.has('after') ? decodeChoices(text('after')) : null,
    way: matrixOf(text('by')) ?? oneOf<Way | ''>('by', WAYS, text('mode') === 'stations' ? oneOf('reach', WAYS, 'straight') : ''),
    unit: oneOf('unit', UNITS, usual.unit),
    cutoffs: cutoffsOf(text('cutoffs')) ?? usual.cutoffs,
    cutoff: lengthOf(text('cutoff')),
    beside: text('circles') !== '0',
    circle_m: lengthOf(text('circle_m')),
    departure: departureOf(text('departure')) ?? usual.departure,
    timing: oneOf<Timing | ''>('timing', TIMINGS, ''),
    arrive: minutesOf(text('arrive')) ?? usual.arrive,
    tab: oneOf('tab', TABS, usual.tab),
    network_m: NETWORK_CUTOFFS.find((cutoff) => String(cutoff) === text('network_m')) ?? usual.network_m,
    facility: text('facility'),
    capacity: text('capacity'),
    demand: text('demand'),
    access: oneOf('access', ACCESS_MEASURES, usual.access),
    decay: decodeDecay(text('decay')),
    poverty_line: Number(text('poverty_line')) > 0 ? Number(text('poverty_line')) : null,
    grid: text('grid') === '1',
    scenario: /^[1-9]\d{0,14}$/.test(text('scenario')) ? Number(text('scenario')) : null,
    sides: oneOf('sides', SIDES, usual.sides),
    compared: text('compared') || usual.compared,
    about: oneOf('about', THEMES, usual.about),
    norms: text('norms'),
    service: text('service'),
    within: text('within'),
    gap: text('gap'),
    gap_way: oneOf('gap_way', ['walk', 'straight'] as const, usual.gap_way),
    sites: Math.min(50, flowsOf(text('sites')) ?? 0),
    objective: oneOf('objective', [...OBJECTIVES, ''] as const, ''),
    candidates: text('candidates'),
    site_capacity: flowsOf(text('site_capacity')),
    aims: text('aims') === '1',
    rules: text('rules'),
    thresholds: thresholdsOf(text('thresholds')),
    table: text('table') === '1',
    sort: sortOf(text('sort')),
    camera: cameraOf(text('map')),
  };
}

/** `disperse.1:21000,gather.2:0.6` */
function thresholdsOf(text: string): Record<string, number> {
  const pairs = text.split(',').map((part) => /^([a-z0-9_]+\.\d+):(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(part));
  return Object.fromEntries(pairs.filter((found) => found !== null).map((found) => [found[1]!, Number(found[2])]));
}

const matrixOf = (text: string) => (/^matrix:[a-z][a-z0-9_]{0,62}$/.test(text) ? (text as MatrixWay) : null);

function selectionOf(area: string, feature: string): Selection {
  if (area) return { kind: 'area', code: area };
  const slash = feature.indexOf('/');
  if (slash < 1 || slash === feature.length - 1) return null;
  return { kind: 'feature', layer: feature.slice(0, slash), id: feature.slice(slash + 1) };
}

function polygonOf(text: string): Position[] | null {
  const corners = text.split(';').map(numbers);
  const fits = (p: number[]) => p.length === 2 && Math.abs(p[0]!) <= 180 && Math.abs(p[1]!) <= 90;
  return corners.length >= 3 && corners.every(fits) ? (corners as Position[]) : null;
}

function cutoffsOf(text: string): number[] | null {
  const found = numbers(text).filter((cutoff) => cutoff > 0 && cutoff <= 50_000);
  return found.length > 0 && found.length <= 6 ? [...new Set(found)].toSorted((a, b) => a - b) : null;
}

function lengthOf(text: string): number | null {
  const value = Number(text);
  return value > 0 && value <= 50_000 ? value : null;
}

const flowsOf = (text: string) => (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 20_000 ? Number(text) : null);

/** 2019-05-13,08:00,09:00,50; 2019-05-13,,,50 where no window was chosen. */
function departureText({ date, from, to, percentile }: Leaving): string {
  return [date, ...[from, to].map((minutes) => (minutes === null ? '' : clock(minutes))), percentile].join(',');
}

function departureOf(text: string): Leaving | null {
  const [date = '', from = '', to = '', percentile = ''] = text.split(',');
  const [start, end, share] = [minutesOf(from), minutesOf(to), Number(percentile)];
  if (!/^(\d{4}-\d{2}-\d{2})?$/.test(date) || !(share >= 1 && share <= 99)) return null;
  if (from === '' && to === '') return { date, from: null, to: null, percentile: share };
  return start !== null && end !== null && end > start ? { date, from: start, to: end, percentile: share } : null;
}

function sortOf(text: string): Sort | null {
  if (!text || text === '-') return null;
  return text.startsWith('-') ? { key: text.slice(1), descending: true } : { key: text, descending: false };
}

function cameraOf(text: string): Camera | null {
  const [lon, lat, zoom] = numbers(text);
  if (lon === undefined || lat === undefined || zoom === undefined) return null;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 24 ? { lon, lat, zoom } : null;
}

const numbers = (text: string) => (text ? text.split(',').map(Number).filter(Number.isFinite) : []);
const round = (value: number, places: number) => Number(value.toFixed(places));
const degrees = (value: number) => round(value, 5);
