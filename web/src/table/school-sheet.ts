import type { Row } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { chooseArea } from '../state/choose.ts';
import { columnOf, worded, type Column } from '../state/columns.ts';
import { gaps } from '../state/gaps.svelte.ts';
import { schoolPlaces } from '../state/school-places.svelte.ts';
import { view } from '../state/view.svelte.ts';
import type { Sheet } from './sheet.ts';

/** School places of the next years, street by street, the years as columns. */
export function schoolSheet(): Sheet {
  const { answer, years, total } = schoolPlaces;
  const chosen = view.selection?.kind === 'area' ? view.selection.code : null;
  return {
    name: `${gaps.title}-${t('tab_school_places')}`,
    title: t('school_table', { service: gaps.title }),
    columns: [
      { ...columnOf('name'), format: 'text' },
      columnOf('facilities'),
      columnOf('capacity'),
      ...years.map(({ year }) => inYear('children_nearest', `children:${year}`, t('school_children_in', { year }))),
      ...years.map(({ year }) => inYear('shortfall', `short:${year}`, t('school_short_in', { year }))),
    ],
    rows: schoolPlaces.streets,
    totals: total && { facilities: total.facilities ?? null, capacity: total.capacity, ...Object.fromEntries(years.flatMap((then): [string, Row[string]][] => [[`children:${then.year}`, then.children], [`short:${then.year}`, then.shortfall]])) },
    question: schoolPlaces.question,
    formats: ['xlsx', 'csv'],
    answer,
    version: answer.value?.provenance.data_version,
    mapped: '',
    chosen,
    empty: t(answer.problem ? 'table_failed' : 'table_empty'),
    choose(row) {
      view.level = schoolPlaces.level;
      chooseArea(String(row['code']));
    },
    isChoosable: (row) => row['code'] !== '',
  };
}

/** A column of one year, defined as that of the present is. */
const inYear = (of: string, key: string, title: string): Column => ({ ...columnOf(of), key, ...worded(title) });
