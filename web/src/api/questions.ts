/** The questions of the contract as paths and calls. */
import { clock } from '../format/clock.ts';
import type { ServiceHours } from '../reach/window.ts';
import { get, post, withQuery } from './client.ts';
import { getLong, postLong, type Progress } from './job.ts';
import { standing } from './standpoint.svelte.ts';
import type {
  AccessMeasure,
  AreaCard,
  AskedDecay,
  Arrival,
  BlindSpots,
  Catchments,
  City,
  Departure,
  FeatureCard,
  Flows,
  FoundPlace,
  Layer,
  MatrixWay,
  NormItem,
  Objective,
  Row,
  Siting,
  Statistics,
  Term,
  Unit,
  Way,
} from './types.ts';

export interface Asked {
  period?: string;
  caliber?: string;
}

/** A question that comes as an address, or with a body. */
export interface Question {
  path: string;
  body?: unknown;
  /** Whether an address is asked as a job too. */
  isLong?: boolean;
}

/** Asks it; what has a body may take long, and then says how far it is. */
export const ask = <T>({ path, body, isLong }: Question, signal: AbortSignal, tell: Tell) =>
  body === undefined ? (isLong ? getLong<T>(path, signal, tell) : get<T>(path, signal)) : postLong<T>(path, body, signal, tell);

type Tell = (progress: Progress) => void;

export const findCity = () => get<City>('/api/city');
export const listTerms = () => get<{ rows: Term[] }>('/api/terms').then((answer) => answer.rows);
export const listLayers = (asked: Asked) =>
  get<{ rows: Layer[] }>(withQuery('/api/layers', { period: asked.period })).then((answer) => answer.rows);

/** The areas of a level with every count inside. */
export const areasPath = (level: string, asked: Asked) => withQuery('/api/areas', { level, ...asked });

/** A question at two dates with its change (时点对比); the newest states without a second one. */
export const changePath = (question: string, from: string, to: string | undefined, fields: Record<string, string | undefined>) =>
  withQuery('/api/change', { question, from, to, ...fields });

/** The job-housing balance (职住平衡) of a level. */
export const balancePath = (level: string, catchment_m: number | null, asked: Asked) =>
  withQuery('/api/balance', { level, catchment_m, ...asked });

/** The balance at every scale at once (职住平衡多尺度), or the places that only counts make balanced. */
export const balanceReportPath = (part: 'scales' | 'nominal', { period }: Asked) => withQuery('/api/balance_report', { part, period });

/** Who commutes where between the areas of a level (通勤); all ways to work without one. */
export const commutePath = (level: string, mode: string, asked: Asked) => withQuery('/api/commute', { level, mode, ...asked });

/** The largest flows between the areas of a level, or those of one area. */
export const flowsPath = (level: string, area: string | null, mode: string, limit: number, { period }: Asked) =>
  withQuery('/api/flows', { level, area, mode, limit, period });

export const findFlows = (path: string, signal: AbortSignal) => get<Flows>(path, signal);

/** What the areas of a level have of each service beside what they need (供需差距). */
export const gapsPath = (level: string, area: string, norms: string, asked: Asked) => withQuery('/api/gaps', { level, area, norms, ...asked });

/** School by school, the children around it beside its places, now and in the years ahead (学位供需). */
export const schoolPlacesPath = (service: string, area: string, norms: string, mode: Way, ahead: readonly number[], { period }: Asked) =>
  withQuery('/api/school_places', { services: service, area, norms, mode, ahead: ahead.join(','), period });

/** Where people live whom no facility of a service reaches (盲区). */
export const blindSpotsPath = (service: string, level: string, area: string, norms: string, mode: Way, asked: Asked) =>
  withQuery('/api/gaps/blind_spots', { service, level, area, norms, mode, ...asked });

export const findBlindSpots = (path: string, signal: AbortSignal) => get<BlindSpots>(path, signal);

/** What a new site offers, and what tells how many each does that stands where a place is for one person. */
export interface Places {
  /** As many as those that stand have on average. */
  mean: number;
  own: string | null;
}

/** The places of a new site where all capacities are known and the norm says what is required (as in reports); else null. */
export function placesOf({ capacity = [], provision, enrolment_rate }: NormItem, total: Row): Places | null {
  const isForOne = provision?.unit === 'per_person' && provision.value === 1 && (enrolment_rate?.value ?? 1) === 1;
  const isKnown = total['capacity_unknown'] === 0 && typeof total['shortfall'] === 'number';
  const mean = Math.round(Number(total['capacity']) / Math.max(1, Number(total['facilities'])));
  if (capacity.length === 0 || !isKnown || !(mean > 0)) return null;
  return { mean, own: capacity.length === 1 && isForOne ? capacity[0]! : null };
}

/** Where new sites may be: one place in each cell of a grid, features of a layer, or of these one in each cell. */
export interface Candidates {
  layer?: string;
  grid_m?: number;
}

export interface SitingAsked {
  item: NormItem;
  objective: Objective;
  sites: number;
  /** The area that is to be served; empty for all of the city. */
  area: string;
  mode: Way;
  reach: { cutoff: number; unit: Unit };
  candidates: Candidates;
  /** What areas lack, and what a site adds; null where that is not known. */
  shortfall: { norms: string; level: string; capacity: number } | null;
  /** The attribute that says how many each facility serves; null where a place is not for one person. */
  own: string | null;
}

/** Which new sites do most for those who want a service (选址). */
export function sitingBody({ item, objective, sites, area, mode, reach, candidates, shortfall, own }: SitingAsked, { period, caliber }: Asked) {
  const { layer, where = {}, demand } = item;
  const conditions = Object.entries(where).map(([attribute, values]) => `${attribute} IN (${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')})`);
  const people = (demand?.attributes ?? []).join('+') || caliber;
  const isLimited = own !== null && (objective === 'cover' || objective === 'shortfall');
  return {
    layer,
    ...(conditions.length > 0 && { where: conditions.join(' AND ') }),
    ...(area && { area }),
    ...(people && { demand: people }),
    // The fewest sites are found, not asked for.
    ...(objective !== 'set' && { sites }),
    objective,
    mode,
    ...reach,
    candidates,
    ...(shortfall && { shortfall: { ...shortfall, service: item.id } }),
    ...(shortfall && isLimited && { capacity: shortfall.capacity, existing_capacity: own }),
    ...periodOf({ ...(period && { period }) }),
  };
}

export const postSiting = (question: Question, signal: AbortSignal, tell: Tell) => ask<Siting>(question, signal, tell);

export type FileFormat = 'xlsx' | 'csv' | 'geojson';

/** The same rows as a file. */
export const downloadPath = (path: string, format: FileFormat, lang: string) =>
  standing(withQuery(path, { format, lang }));

export const layerDownloadPath = (layer: string, format: string, lang: string, asked: Asked) =>
  standing(withQuery(`/api/layers/${encodeURIComponent(layer)}/download`, { format, lang, period: asked.period }));

export const tilesUrl = (layer: string, asked: Asked) =>
  standing(baseTilesUrl(layer, asked));

/** Tiles of the city as it is, whatever scenario is open. */
export const baseTilesUrl = (layer: string, asked: Asked) =>
  withQuery(`${location.origin}/tiles/${encodeURIComponent(layer)}/{z}/{x}/{y}`, { period: asked.period });

export const findArea = (code: string, asked: Asked, signal: AbortSignal) =>
  get<AreaCard>(withQuery(`/api/areas/${encodeURIComponent(code)}`, { period: asked.period }), signal);

export const findFeature = (layer: string, id: string, asked: Asked, signal: AbortSignal) =>
  get<FeatureCard>(
    withQuery(`/api/layers/${encodeURIComponent(layer)}/features/${encodeURIComponent(id)}`, {
      period: asked.period,
    }),
    signal,
  );

export const search = (q: string, signal: AbortSignal) =>
  get<{ rows: FoundPlace[] }>(withQuery('/api/search', { q, limit: 10 }), signal).then((answer) => answer.rows);

export const statisticsBody = (geometry: GeoJSON.Polygon, asked: Asked) => ({ geometry, ...periodOf(asked) });

export const computeStatistics = (geometry: GeoJSON.Polygon, asked: Asked, signal: AbortSignal) =>
  post<Statistics>('/api/statistics', statisticsBody(geometry, asked), signal);

/** The body of a question about catchments (服务区), in a fixed order of keys. */
export const catchmentsBody = (origins: readonly object[], cutoffs: readonly number[], travel: AskedTravel, asked: Asked) => ({
  origins,
  cutoffs,
  ...directed(travel),
  geometry: true,
  ...periodOf(asked),
});

/** Way, unit and, by timetable, when one leaves. */
export function travelOf(mode: Way | MatrixWay, unit: Unit, when: Departure | Arrival) {
  if (mode !== 'transit') return { mode, unit };
  if ('by' in when) return { mode, unit, arrival: { date: when.date, by: clock(when.by) } };
  const { date, from, to, percentile } = when;
  return { mode, unit, departure: { date, from: clock(from), to: clock(to), percentile } };
}

export type AskedTravel = ReturnType<typeof travelOf>;

/** Who arrives by a time comes to the chosen places; else one sets out from them. */
const directed = (travel: AskedTravel) => ('arrival' in travel ? { ...travel, direction: 'to' } : travel);

/** When vehicles run on a date. */
export const findServiceHours = (date: string, signal: AbortSignal) => get<ServiceHours>(withQuery('/api/timetable', { date }), signal);

/** By timetable it may take long. */
export const computeCatchments = (body: { mode?: unknown }, signal: AbortSignal, tell: Tell) =>
  body.mode === 'transit' ? postLong<Catchments>('/api/catchments', body, signal, tell) : post<Catchments>('/api/catchments', body, signal);

/** The catchment table of all stations (站点服务区), by the same way as what is reached from chosen ones. */
export function stationAreasPath(layer: string, level: string, travel: AskedTravel, areas: { core: number; influence: number }, asked: Asked) {
  const { mode, unit, departure, arrival } = travel;
  const times = {
    departure: departure && [departure.date, departure.from, departure.to, departure.percentile].join(','),
    arrival: arrival && `${arrival.date},${arrival.by}`,
  };
  return withQuery('/api/station_areas', { layer, level, mode, unit, ...times, ...areas, ...asked });
}

/** What the network covers by area (线网覆盖), circle beside streets. */
export const stationCoveragePath = (layer: string, level: string, cutoffs: readonly number[], asked: Asked) =>
  withQuery('/api/station_coverage', { layer, level, cutoffs: cutoffs.join(','), ...asked });

/** The body of a question about two sets of stations, before and after. */
export const changeBody = (before: readonly object[], after: readonly object[], level: string, cutoff: number, travel: AskedTravel, asked: Asked) => ({
  before,
  after,
  level,
  cutoffs: [cutoff],
  ...directed(travel),
  ...asked,
});

/** The body of a question about access (可达性): by cells, or for each area the mean of its people. */
export const accessBody = (
  from: { from: string; by?: string },
  to: { layer: string; capacity: string },
  demand: string,
  measure: AccessMeasure,
  cutoff: number,
  travel: AskedTravel,
  { decay, income, poverty_line }: { decay: AskedDecay | null; income: string | null; poverty_line: number | null },
  asked: Asked,
) => ({
  // From where people live, unless a table of times knows areas alone: the middle of an area stands for nobody.
  ...from,
  to,
  demand,
  measure,
  cutoff,
  ...travel,
  ...(decay && { decay }),
  ...(income && { income }),
  ...(poverty_line !== null && { poverty_line }),
  ...periodOf(asked),
});

const periodOf = (asked: Asked) => (asked.period ? { period: asked.period } : {});
