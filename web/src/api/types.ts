/**
 * What the server says, with the server's own keys.
 *
 * Written after the contract; `npm run types` writes `openapi.ts` from a running server, against
 * which these can be checked.
 */
import type { ServiceHours } from '../reach/window.ts';

export interface Title {
  zh: string;
  en: string;
}

/** Who says something; in English too where that was told. */
export interface Sourced {
  source: string;
  source_en?: string;
}

export interface Level {
  id: string;
  layer: string;
  title: Title;
  areas: number;
}

export interface CaliberTitle {
  id: string;
  title: Title;
}

/** A planned figure beside what came of it (规划与实际). */
export interface PlanTarget extends Sourced {
  key: string;
  title: Title;
  year: number;
  target: number;
  actual: number | null;
  actual_year: number | null;
  unit?: string;
}

/** What is known of the timetable (时刻表). */
export interface Timetable extends Sourced {
  period: string;
  lines: number;
  stops: number;
  trips: number;
  first_date: string | null;
  last_date: string | null;
  /** The date with most trips. */
  default_date: string | null;
  /** When vehicles run on it. */
  default_date_hours?: ServiceHours | null;
}

/** A table of travel times brought from elsewhere (出行时间矩阵). */
export interface Matrix extends Sourced {
  name: string;
  from: string;
  from_level: string | null;
  to: string;
  pairs: number;
  period: string;
}

export interface Basemap {
  tiles: string[];
  attribution: string;
}

export interface City {
  title: Title;
  synthetic: boolean;
  /** How counts are protected against disclosure; null for the exact city. */
  protection?: { k: number; cell_m: number; published: string; note: Title } | null;
  approval_number: string;
  marking: Title;
  data_version: number;
  time_zone: string;
  bbox: Bbox;
  periods: string[];
  levels: Level[];
  calibers: CaliberTitle[];
  /** The walking network; null where no streets were imported. */
  streets: (Sourced & { period: string; length_km: number }) | null;
  /** The ways of travelling along streets that the city has. */
  modes?: (Sourced & { mode: string; title: Title; period: string })[];
  /** The timetable; null where none was imported. */
  transit?: Timetable | null;
  /** Tables of travel times from the features of one layer to those of another; of an area layer with its level. */
  matrices?: Matrix[];
  /** Commuting flows by level and period. */
  flows?: (Sourced & { level: string; period: string; modes: string[] })[];
  software: string;
  basemap: Basemap | null;
  findings: Title[];
  plan_targets: PlanTarget[];
}

/** West, south, east, north in degrees. */
export type Bbox = [number, number, number, number];

export type TermFormat = 'integer' | 'number' | 'share' | 'text';

export interface Term {
  key: string;
  title: Title;
  unit: string;
  format: TermFormat;
  decimals: number;
  definition: Title;
  source: string;
}

export type LayerKind = 'residence' | 'workplace' | 'facility' | 'station' | 'area' | 'ground';

export interface CategoryValue extends Title {
  code: string;
}

export interface Attribute {
  id: string;
  type: 'count' | 'integer' | 'number' | 'text' | 'category' | 'date' | 'flag';
  title: Title;
  unit: string;
  caliber: string;
  role: string;
  values: CategoryValue[];
}

export interface LayerPeriod extends Sourced {
  period: string;
  features: number;
  licence: string;
  crs: string;
  imported_at: string;
  synthetic: boolean;
  estimated: string[];
  files: string[];
}

export interface LayerStyle {
  color: string;
  attribute: string | null;
  palette: string | null;
  breaks: unknown;
  visible: boolean;
}

export interface Layer {
  id: string;
  title: Title;
  kind: LayerKind;
  geometry: 'point' | 'line' | 'polygon';
  level: 'public' | 'internal' | 'sensitive' | 'core';
  area_level: string | null;
  zoom: { min: number; max: number; detail: number };
  style: LayerStyle;
  attributes: Attribute[];
  periods: LayerPeriod[];
  features: number;
  bbox: Bbox | null;
  totals: Record<string, number>;
  missing: Record<string, number>;
  outside_areas: Record<string, number>;
}

export interface Input extends Sourced {
  layer: string;
  title: Title;
  licence: string;
  reference_date: string;
  features: number;
  crs: string;
  synthetic: boolean;
  estimated: string[];
  /** What the answer lacks of it, e.g. a feed without service on the date asked for. */
  notes?: Title[];
}

export interface Provenance {
  city: Title;
  data_version: number;
  period: string | null;
  caliber: string | null;
  protected: boolean;
  /** How, and how uncertain sums are. */
  protection?: Title;
  inputs: Input[];
  software: string;
}

export type Cell = string | number | boolean | null | undefined | number[];
export type Row = Record<string, Cell>;
export type LeftOut = Record<string, { missing?: number; outside_areas?: number; unnamed?: number }>;

/** The answer to a question, with what it was made of. */
export interface Answer<R = Row, T = Row> {
  query: Record<string, unknown>;
  definition: Title;
  provenance: Provenance;
  rows: R[];
  totals: T;
  left_out: LeftOut;
}

/** The balance scale by scale, and the places balanced by count but not in fact. */
export interface BalanceReport extends Answer {
  /** The definition, as a table bears it. */
  title: Title;
  rules: { band: { least: number; most: number }; nominal: { self_containment: number | null } };
  nominal: Row[];
}

export interface AreaName {
  code: string;
  name: string;
  name_en: string | null;
  level: string;
}

export interface CaliberValue extends Sourced {
  attribute: string;
  title: Title;
  caliber: string;
  value: number | null;
  reference_date: string;
  estimated: boolean;
  official?: number | null;
}

export interface AreaCard extends AreaName {
  breadcrumb: AreaName[];
  children: AreaName[];
  calibers: CaliberValue[];
  geometry: GeoJSON.Geometry;
  provenance: Provenance;
  bbox: Bbox;
  center: [number, number];
  [key: string]: unknown;
}

/** How one travels: along a straight line, along the streets, or by timetable too. */
export type Way = 'straight' | 'walk' | 'bicycle' | 'car' | 'transit';

/** By a table of travel times brought from elsewhere. */
export type MatrixWay = `matrix:${string}`;

export type Unit = 'm' | 'min';

/** When one leaves: every minute of a half-open window of a day, and which of the times counts. */
export interface Departure {
  /** Empty for the day that the timetable suggests. */
  date: string;
  /** Minutes after midnight. */
  from: number;
  to: number;
  percentile: number;
}

/** By when one arrives. */
export interface Arrival {
  date: string;
  /** Minutes after midnight. */
  by: number;
}

/** A measure of access to facilities (可达性). */
export type AccessMeasure = 'cumulative' | 'nearest' | 'gravity' | 'competitive' | '2sfca' | 'e2sfca' | '3sfca' | 'bfca' | 'raam';

export type DecayKind = 'bands' | 'exponential' | 'power' | 'gaussian' | 'logistic' | 'linear';

/** How the weight of a facility falls with its cost, in the unit of the question. */
export interface AskedDecay {
  kind: DecayKind;
  /** Ends with their weights. */
  bands?: [number, number][];
  beta?: number;
  alpha?: number;
  floor?: number;
  sigma?: number;
  midpoint?: number;
}

/** What access comes to for the city. */
export interface AccessSummary {
  places: number;
  people: number;
  people_without_value: number;
  mean: number | null;
  quantiles: { p10: number; p25: number; p50: number; p75: number; p90: number } | null;
  gini: number | null;
  /** Cumulative shares of people and of what they have, the poorest first. */
  lorenz: [number, number][];
  /** Rich and poor, where income is given. */
  by_income?: { palma_ratio: number | null; concentration_index: number | null; places_left_out: number };
  /** Access poverty below a line: how many, how far below, and how unevenly. */
  fgt?: { line: number; share_below: number; depth: number; severity: number };
  facilities: number;
  supply: number;
  facilities_off_network: number;
  stranded: { facilities: number; supply: number };
  /** How far from balance people are (RAAM): the largest share of a cost that could still be saved, and after how many rounds. */
  gap?: number;
  rounds?: number;
}

/** The largest flows between areas, as lines from home to work. */
export interface Flows extends Pick<Answer, 'query' | 'definition' | 'provenance' | 'left_out'> {
  features: { geometry: GeoJSON.LineString; properties: Row }[];
  totals: Row;
}

/** A figure of a norm; without a value it is for the city to set. */
export interface NormFigure extends Partial<Sourced> {
  value?: number | null;
  unit: string;
  date?: string;
  confidence?: 'A' | 'A*' | 'B' | 'C' | 'city' | null;
  /** Nobody published it. */
  assumption?: boolean;
}

/** The figures of a service, as a norm may have them. */
export const NORM_FIGURES = ['provision', 'enrolment_rate', 'service_radius', 'walk', 'class_size'] as const;
export type NormFigureKey = (typeof NORM_FIGURES)[number];

/** A service of a norm set (标准). */
export interface NormItem extends Partial<Record<NormFigureKey, NormFigure | null>> {
  id: string;
  title: Title;
  layer: string;
  where?: Record<string, string[]>;
  capacity?: string[];
  demand?: { attributes?: string[] } | null;
  bands?: { id: string; title: Title }[];
}

export interface NormSets {
  default: string;
  rows: (Sourced & { id: string; title: Title; date: string; /** Whether it is the city's own copy. */ own: boolean; items: { id: string; title: Title; layer: string; circle: number | null }[] })[];
}

/** Supply and demand by area and service; one row of totals for each service. */
export interface Gaps extends Answer<Row, Row[]> {
  norms: { items: NormItem[]; bands: { id: string; title: Title }[] };
}

/** A year of school places, from the children of now without migration. */
export interface ExpectedPlaces {
  ahead: number;
  year?: number | null;
  children_nearest: number | null;
  shortfall: number | null;
  surplus: number | null;
  reason: string | null;
}

/** A stage of one school, or of all. */
export interface SchoolPlacesRow {
  service: string;
  /** The smallest area that the school lies in. */
  code: string;
  facilities?: number;
  capacity: number | null;
  children_nearest: number | null;
  children_beyond?: number | null;
  shortfall: number | null;
  surplus: number | null;
  expected: ExpectedPlaces[];
  /** Whether children are counted by single years; else age groups are spread evenly over theirs. */
  by_single_years?: boolean | null;
}

export type SchoolPlaces = Answer<SchoolPlacesRow, SchoolPlacesRow[]>;

/** A norm set, whole. */
export interface NormSet {
  id: string;
  items: NormItem[];
  own: boolean;
}

/** Where nobody is served, and who lives there by age. */
export interface SpotArea {
  code: string;
  name: string;
  name_en?: string;
  uncovered: number;
}

/** Where nobody is served: people, and the areas that they live in, most of them first. */
export interface BlindSpot {
  rank: number;
  uncovered: number;
  areas: SpotArea[];
}

export interface BlindSpots extends Pick<Answer, 'query' | 'definition' | 'provenance' | 'left_out'> {
  features: GeoJSON.Feature<GeoJSON.Geometry, BlindSpot & Record<string, unknown>>[];
  totals: {
    uncovered: number | null;
    total: number | null;
    share_covered: number | null;
    demand_uncovered: number | null;
    ages: { attribute: string; title: Title; uncovered: number | null; total: number | null }[];
  };
  norm: NormItem;
}

/** New sites in the order of use. */
/** What new sites are chosen for. */
export type Objective = 'shortfall' | 'cover' | 'median' | 'centre' | 'set';

/** Sites with the proof of how good they are. */
export interface Siting extends Answer {
  proof: { value: number | null; bound: number | null; gap: number | null; is_proven: boolean };
  candidates: { candidates: number; off_network: number };
  /** What areas lack before and after, where places are counted. */
  remaining?: Row[];
}

export interface FoundPlace {
  kind: 'area' | 'feature' | 'stop';
  layer: string;
  id: string;
  code?: string | null;
  name: string;
  name_en: string | null;
  level?: string | null;
  context: string | null;
  lon: number;
  lat: number;
  bbox?: Bbox | null;
  match: 'name' | 'code' | 'pinyin' | 'initials';
}

export interface StatisticsRow {
  layer: string;
  attribute: string;
  title: Title;
  unit: string;
  caliber: string;
  value: number | null;
  missing: number;
  features: number;
}

export interface Statistics extends Answer<StatisticsRow> {
  area_km2?: number;
}

export interface FeatureCard {
  type: 'Feature';
  id: string;
  geometry: GeoJSON.Geometry;
  properties: Row;
  /** Names this state of it; an edit says it. */
  version?: string;
  areas?: { level: string; code: string; name: string; name_en?: string | null }[];
}

export interface Catchment {
  origin: { layer: string | null; id: string | null; name: string | null; lon: number; lat: number };
  cutoff: number;
  unit: string;
  totals: Row;
  exclusive: Row;
  reason?: string;
  geometry?: GeoJSON.Geometry;
}

export interface CatchmentUnion {
  cutoff: number;
  totals: Row;
  geometry?: GeoJSON.Geometry;
}

export interface Catchments {
  query: Record<string, unknown>;
  definition: Title;
  provenance: Provenance;
  catchments: Catchment[];
  union: CatchmentUnion[];
  left_out: LeftOut;
}
