import { t } from '../i18n/index.ts';

/** The colour of what is within reach before; after, it is the accent. */
export const BEFORE = '#b35806';

/** How strongly each of the two is painted. */
export const PAIR_OPACITY = 0.38;

/** What only the set before reaches, what both do, and what only the set after does, as the map shows it. */
export function pairLegend(): { title: string; is: ('before' | 'after')[] }[] {
  return [
    { title: t('pair_before'), is: ['before'] },
    { title: t('pair_both'), is: ['before', 'after'] },
    { title: t('pair_after'), is: ['after'] },
  ];
}
