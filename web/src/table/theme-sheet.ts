import { t } from '../i18n/index.ts';
import { moves } from '../map/moves.svelte.ts';
import { chooseArea } from '../state/choose.ts';
import { ground } from '../state/city.svelte.ts';
import { places } from '../state/places.svelte.ts';
import { theme } from '../state/theme.svelte.ts';
import { view } from '../state/view.svelte.ts';
import type { Sheet } from './sheet.ts';

/** The rows of the thematic map. */
export function themeSheet(): Sheet {
  const isFiltered = theme.isBivariate && view.cells.length > 0;
  const chosen = view.selection?.kind === 'area' ? view.selection.code : null;
  return {
    name: theme.column.short,
    columns: theme.columns,
    rows: isFiltered ? theme.rows.filter((_, i) => theme.passes(theme.classes[i] ?? null)) : theme.rows,
    totals: isFiltered || !theme.fits || !(ground.level || theme.isCells) ? null : theme.totals,
    question: theme.question,
    answer: theme.answer,
    version: theme.answer.value?.provenance.data_version,
    mapped: theme.key,
    chosen,
    empty: t(theme.answer.problem ? 'table_failed' : theme.question ? 'table_empty' : 'change_choose'),
    choose(row) {
      if (theme.isCells) {
        moves.fly(Number(row['lon']), Number(row['lat']), 14);
        return;
      }
      const code = String(row['code']);
      const bbox = places.bbox(code);
      if (chosen === code && bbox) moves.fit(bbox);
      else chooseArea(code);
    },
  };
}
