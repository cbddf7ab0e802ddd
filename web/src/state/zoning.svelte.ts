import type { Question } from '../api/questions.ts';
import type { Answer, Row } from '../api/types.ts';
import { t, titled } from '../i18n/index.ts';
import type { ClassSummary, Zoning as Found, ZoningRow } from '../zoning/types.ts';
import { asked, ground } from './city.svelte.ts';
import { columnOf, type Column } from './columns.ts';
import { view } from './view.svelte.ts';

/** The columns of the table, in the order that a report has them. */
const COLUMNS = ['name', 'district', 'present_residents', 'planned_residents', 'planned_capacity', 'capacity_ratio', 'class', 'reasons', 'guidance', 'stability', 'conflicts'];

/** The mode 分类: the rules that are asked by, and the classes that came. */
class Zoning {
  question = $derived.by((): Question | null => {
    const level = ground.level?.id;
    if (!level) return null;
    const rules = view.rules ? { rules: view.rules } : {};
    const thresholds = Object.keys(view.thresholds).length > 0 ? { thresholds: view.thresholds } : {};
    return { path: '/api/zoning', body: { level, ...rules, ...thresholds, ...asked() } };
  });

  /** The answer of the thematic map, where it is one of classes. */
  found(answer: Answer | null): Found | null {
    return answer && 'classes' in answer ? (answer as unknown as Found) : null;
  }

  /** A row as the table and the tip show it. */
  row(row: Row): Row {
    const own = row as unknown as ZoningRow;
    return {
      ...row,
      district: view.lang === 'en' ? own.district_en || own.district : own.district,
      present_residents: own.residents,
      class_id: own.class,
      class: titled(own.class_title) + (own.overridden ? ` · ${t('zoning_by_hand')}` : ''),
      reasons: titled(own.reasons),
      guidance: titled(own.guidance),
      stability: titled(own.stability),
      conflicts: own.conflicts.map(conflictTitle).join(t('and_name')),
    };
  }

  columns(): string[] {
    return COLUMNS;
  }

  column(key: string): Column {
    return columnOf(key);
  }

  /** Which class of the legend a row has; null for 未分类. */
  classOf(row: Row, classes: readonly ClassSummary[]): number | null {
    const at = classes.findIndex((summary) => summary.class !== null && summary.class === row['class_id']);
    return at < 0 ? null : at;
  }
}

export function conflictTitle(kind: string): string {
  switch (kind) {
    case 'over_capacity':
      return t('zoning_over_capacity');
    case 'plan_over_capacity':
      return t('zoning_plan_over_capacity');
    default:
      return t('zoning_plan_against_class');
  }
}

export const zoning = new Zoning();

/** Classes are of streets, where the city has them. */
export function enterZoning(): void {
  const level = ground.city?.levels.find((level) => level.id === 'subdistrict');
  if (!view.level && level) view.level = level.id;
}
