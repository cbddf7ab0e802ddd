import { t, type Key } from '../i18n/index.ts';
import { moves } from '../map/moves.svelte.ts';
import { chooseArea } from '../state/choose.ts';
import { reachTables } from '../state/reach-tables.svelte.ts';
import { stations, toggleStation } from '../state/stations.svelte.ts';
import { numberAt } from '../state/theme.svelte.ts';
import { view } from '../state/view.svelte.ts';
import { chosenSheet } from './chosen-sheet.ts';
import { columnsOf, type Sheet } from './sheet.ts';

/** The open table of the mode 可达. */
export function reachSheet(): Sheet {
  if (view.tab === 'chosen') return chosenSheet();
  const answer = reachTables.shown;
  const isStations = view.tab === 'stations';
  return {
    name: t(`tab_${view.tab}` satisfies Key),
    columns: answer ? columnsOf(answer) : [],
    rows: (answer?.rows ?? []).map((row, i) => ({ ...row, code: isStations ? row['id'] : row['cutoff'] === undefined ? row['code'] : `${row['code']} ${i}`, area: row['code'] })),
    totals: answer && Object.keys(answer.totals).length > 0 ? answer.totals : null,
    question: reachTables.question,
    answer: reachTables.answer,
    version: answer?.provenance.data_version,
    mapped: '',
    chosen: null,
    empty: emptyText(),
    choose(row) {
      if (!isStations) chooseArea(String(row['area']));
      else {
        const [lon, lat, id] = [numberAt(row, 'lon'), numberAt(row, 'lat'), String(row['code'])];
        if (!stations.chosen.has(id)) toggleStation(id);
        if (lon !== null && lat !== null) moves.fly(lon, lat, 14);
      }
    },
  };
}

function emptyText(): string {
  if (reachTables.answer.problem) return t('table_failed');
  return t(view.tab === 'change' && !reachTables.question ? 'change_choose' : 'table_empty');
}
