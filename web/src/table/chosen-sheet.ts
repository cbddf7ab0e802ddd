import type { Catchment, Row } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { moves } from '../map/moves.svelte.ts';
import { columnOf, mainCounts, rankedCounts, toldApart, worded, type Column } from '../state/columns.ts';
import { originKey, originName, reach, reachedTitle } from '../state/reach.svelte.ts';
import { numberAt } from '../state/theme.svelte.ts';
import type { Sheet } from './sheet.ts';

/** How many of the lesser counts follow. */
const OTHERS = 10;

/** Who is within reach of each chosen place, at the cutoff on the slider. */
export function chosenSheet(): Sheet {
  const { people, jobs } = mainCounts();
  const main = [people, jobs].filter((key) => key !== null);
  const others = rankedCounts(reach.together?.totals ?? {}).filter((key) => !main.includes(key)).slice(0, OTHERS);
  const cutoff = reach.together?.cutoff;
  const found = reach.origins.length === 0 ? [] : (reach.answer.value?.catchments ?? []).filter((catchment) => catchment.cutoff === cutoff);
  const isOne = found.length < 2;
  return {
    name: t('task_reach'),
    columns: [nameColumn(), ...main.flatMap((key) => countColumns(key, isOne)), ...toldApart(others)],
    rows: found.map((catchment) => rowOf(catchment, main)),
    totals: isOne || !reach.together ? null : withCircle({ ...reach.together.totals }, reach.circleTogether?.totals, main),
    together: t('catchment_union'),
    question: found.length > 0 ? { path: '/api/catchments', body: reach.fileBody } : null,
    answer: reach.answer,
    version: reach.answer.value?.provenance.data_version,
    mapped: people ?? '',
    chosen: null,
    empty: reach.origins.length > 0 ? t('table_failed') : t('origins_choose'),
    choose: (row) => moves.fly(numberAt(row, 'lon')!, numberAt(row, 'lat')!, 14),
  };
}

function nameColumn(): Column {
  return { key: 'name', ...worded(reachedTitle()), unit: '', format: 'text', decimals: 0, definition: '', source: '' };
}

/** A count, the part that is exclusive, and the circle to hold it against. */
function countColumns(key: string, isOne: boolean): Column[] {
  const column = columnOf(key);
  const share = { unit: '', format: 'share' as const, decimals: 1, source: '' };
  const own = worded(`${column.title} · ${t('catchment_exclusive')}`);
  const circle = worded(`${column.title} · ${t('circle')}`);
  return [
    column,
    ...(isOne ? [] : [{ ...column, key: `exclusive:${key}`, ...own, definition: t('catchment_exclusive_hint') }]),
    ...(reach.circleTogether
      ? [
          { ...column, key: `circle:${key}`, ...circle, definition: '' },
          { ...column, ...share, key: `less:${key}`, ...worded(t('against_circle')), definition: t('against_circle_hint') },
        ]
      : []),
  ];
}

function rowOf(catchment: Catchment, main: string[]): Row {
  const key = originKey(catchment);
  const radius = reach.circleTogether?.cutoff;
  const circle = reach.circle.value?.catchments.find((other) => other.cutoff === radius && originKey(other) === key);
  const row: Row = {
    code: key,
    name: originName(catchment),
    lon: catchment.origin.lon,
    lat: catchment.origin.lat,
    ...(catchment.reason && { reason: catchment.reason }),
    ...catchment.totals,
    ...Object.fromEntries(main.map((count) => [`exclusive:${count}`, catchment.exclusive[count]])),
  };
  return withCircle(row, circle?.totals, main);
}

function withCircle(row: Row, circle: Row | undefined, main: string[]): Row {
  for (const key of main) {
    const [inside, round] = [numberAt(row, key), numberAt(circle, key)];
    row[`circle:${key}`] = round;
    row[`less:${key}`] = inside !== null && round ? (inside - round) / round : null;
  }
  return row;
}
