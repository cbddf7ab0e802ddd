/** What the server says of population layout classes (人口布局分类), with its own keys. */
import type { Answer, Sourced, Title } from '../api/types.ts';

export type Comparison = '>' | '>=' | '<' | '<=';

export interface Criterion extends Sourced {
  /** `CLASS.NUMBER`: what a slider moves. */
  key: string;
  indicator: string;
  comparison: Comparison;
  threshold: number;
  unit: string;
  confidence: string;
}

/** A criterion, or several joined by all or any. */
export type Condition = Criterion | { all: Condition[] } | { any: Condition[] };

export interface ZoningClass {
  id: string;
  title: Title;
  guidance: Title;
  colour: string;
  direction: 'reduce' | 'hold' | 'grow' | 'protect';
  all?: Condition[];
  any?: Condition[];
  /** The last class may take what the others leave. */
  otherwise?: true;
}

export interface ZoningRules extends Sourced {
  id: string;
  title: Title;
  date: string;
  note: Title;
  placeholder: boolean;
  plan_year: number;
  classes: ZoningClass[];
  own?: boolean;
}

export interface Override {
  class: string | null;
  reason: string;
  by: string;
  at: string;
}

export interface ZoningRow {
  code: string;
  name: string;
  name_en: string | null;
  level: string;
  district: string | null;
  district_en: string | null;
  residents: number | null;
  planned_residents: number | null;
  planned_capacity: number | null;
  capacity_ratio: number | null;
  planned_capacity_ratio: number | null;
  capacity_of: string | null;
  class: string | null;
  class_title: Title;
  colour: string | null;
  reasons: Title;
  guidance: Title;
  undecided: Title;
  stable: boolean;
  stability: Title;
  outline_class_title: Title;
  outline_same: boolean | null;
  computed_class: string | null;
  overridden: boolean;
  override: Override | null;
  conflicts: string[];
  targets: Record<string, number>;
  values: Record<string, number | null>;
  value_reasons: Record<string, string>;
}

export interface ClassSummary {
  class: string | null;
  class_title: Title;
  colour: string | null;
  areas: number;
  residents: number;
  residents_share: number | null;
  planned_residents: number | null;
  planned_capacity: number | null;
  area_km2: number;
}

export interface DistrictSummary {
  code: string;
  name: string;
  name_en: string | null;
  areas: number;
  residents: number;
  capacity_ratio: number | null;
  classes: ClassSummary[];
}

export interface Conflict {
  kind: 'over_capacity' | 'plan_over_capacity' | 'plan_against_class';
  code: string;
  name: string;
  name_en: string | null;
  level: string;
  excess: number;
  sentence: Title;
}

export interface StabilityReport {
  swing: number;
  areas: number;
  stable: number;
  stable_share: number | null;
  thresholds: { criterion: string; threshold: number; moved: number; kept: number; kept_share: number | null }[];
  with_published_area: number;
  same_by_outline: number;
}

/** How a criterion is written. */
export interface IndicatorWords {
  key: string;
  indicator: string;
  title: Title;
  unit: Title;
  is_share: boolean;
  decimals: number;
}

export interface ZoningTotals {
  areas: number;
  residents: number | null;
  planned_residents: number | null;
  planned_capacity: number | null;
  capacity_ratio: number | null;
  planned_capacity_ratio: number | null;
}

export interface Zoning extends Answer<ZoningRow, ZoningTotals> {
  rules: ZoningRules;
  plan_year: number;
  classes: ClassSummary[];
  districts: DistrictSummary[];
  stability: StabilityReport;
  conflicts: Conflict[];
  indicators: IndicatorWords[];
}

/** A target of a plan beside what is so. */
export interface PlanRow extends Sourced {
  code: string;
  name: string;
  name_en: string | null;
  level: string;
  indicator: string;
  indicator_title: Title;
  target_year: number;
  kind: 'target' | 'at_most' | 'at_least';
  target: number;
  actual: number | null;
  actual_year: number | null;
  actual_published: boolean;
  actual_source: string | null;
  actual_source_en?: string;
  completion_share: number | null;
  target_difference: number | null;
  status: 'below' | 'reached' | 'above' | 'within' | 'exceeded' | null;
  target_share_of_city: number | null;
  actual_share_of_city: number | null;
  source_date: string;
  confidence: string;
  synthetic: boolean;
}
