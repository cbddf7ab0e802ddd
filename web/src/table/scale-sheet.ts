import { oneOfLevel, t, titled } from '../i18n/index.ts';
import { ground } from '../state/city.svelte.ts';
import { columnOf, worded, type Column } from '../state/columns.ts';
import { scales } from '../state/scales.svelte.ts';
import { view } from '../state/view.svelte.ts';
import { showNominal } from '../balance/nominal.ts';
import type { Sheet } from './sheet.ts';

const SCALES = ['units', 'under_units', 'balanced_units', 'over_units', 'undefined_units', 'share_balanced_units', 'share_balanced_workers', 'self_containment', 'self_sufficiency', 'nominal_units', 'least_ratio', 'median_ratio', 'greatest_ratio', 'jobs_gini'];
const NOMINAL = ['jobs', 'employed_residents', 'jobs_per_employed_resident', 'self_containment', 'self_sufficiency', 'self_containment_threshold'];

/** One row for each scale, or the places that only counts make balanced. */
export function scaleSheet(): Sheet {
  const { answer, hasFlows } = scales;
  const isNominal = view.listing && hasFlows;
  const isKnown = (key: string) => scales.rows.some((row) => typeof row[key] === 'number');
  const chosen = view.selection?.kind === 'area' ? view.selection.code : null;
  return {
    name: t(isNominal ? 'tab_nominal' : 'view_scales'),
    ...(answer.value && { title: isNominal ? t('nominal_table', answer.value.rules.band) : titled(answer.value.title) }),
    columns: isNominal ? [text('name'), text('level'), ...NOMINAL.map(columnOf)] : [scaleColumn(), ...SCALES.filter(isKnown).map(columnOf)],
    rows: isNominal ? scales.nominal.map((row) => ({ ...row, level: levelTitle(row['level']) })) : scales.rows,
    totals: null,
    question: isNominal ? scales.nominalQuestion : scales.question,
    formats: ['xlsx', 'csv'],
    answer,
    version: answer.value?.provenance.data_version,
    mapped: isNominal ? 'jobs_per_employed_resident' : 'share_balanced_units',
    chosen: isNominal ? chosen : (ground.level?.id ?? null),
    empty: t(answer.problem ? 'table_failed' : 'table_empty'),
    choose: isNominal ? (row) => showNominal(scales.nominal.find((found) => found['code'] === row['code'])!) : (row) => scales.show(String(row['code'])),
    ...(!isNominal && { isChoosable: (row) => scales.isMappable(row['code']) }),
  };
}

const text = (key: string): Column => ({ ...columnOf(key), format: 'text' });
const scaleColumn = (): Column => ({ ...text('scale'), key: 'name', ...worded(columnOf('scale').title) });
const levelTitle = (id: unknown) => oneOfLevel(ground.city?.levels.find((level) => level.id === id));
