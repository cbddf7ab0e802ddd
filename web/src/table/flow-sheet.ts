import { t } from '../i18n/index.ts';
import { moves } from '../map/moves.svelte.ts';
import { columnOf, type Column } from '../state/columns.ts';
import { commute } from '../state/commute.svelte.ts';
import type { Sheet } from './sheet.ts';

/** Room around a flow, degrees. */
const MARGIN = 0.01;

/** The largest flows between areas, or those of the chosen one. */
export function flowSheet(): Sheet {
  const answer = commute.answer.value;
  const text = (key: string): Column => ({ ...columnOf(key), format: 'text' });
  return {
    name: t('tab_commute_flows'),
    columns: [text('origin_name'), text('destination_name'), columnOf('commuters'), columnOf('share_of_origin'), columnOf('share_of_destination')],
    rows: commute.flows.map((flow) => ({ ...flow.row, code: flow.key })),
    totals: answer && { commuters: answer.totals['commuters'] },
    question: commute.flowsQuestion,
    answer: commute.answer,
    version: answer?.provenance.data_version,
    mapped: 'commuters',
    chosen: commute.chosen,
    empty: t(commute.answer.problem ? 'table_failed' : 'table_empty'),
    choose(row) {
      commute.chosen = String(row['code']);
      const flow = commute.byKey.get(String(row['code']));
      if (!flow) return;
      const [lons, lats] = [0, 1].map((at) => [flow.from[at]!, flow.to[at]!]) as [number[], number[]];
      moves.fit([Math.min(...lons) - MARGIN, Math.min(...lats) - MARGIN, Math.max(...lons) + MARGIN, Math.max(...lats) + MARGIN]);
    },
  };
}
