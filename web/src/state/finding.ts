import { cell, decimals } from '../format/number.ts';
import { named, t, titled } from '../i18n/index.ts';
import { ground } from './city.svelte.ts';
import { numberAt, theme } from './theme.svelte.ts';
import { view } from './view.svelte.ts';

/** One sentence that says what the map shows, from the rows alone; empty where there is nothing to say. */
export function findingOf(): string {
  if (!theme.fits || theme.isBivariate) return '';
  const { key, column, totals } = theme;
  const known = theme.rows
    .filter((row) => numberAt(row, key) !== null)
    .toSorted((a, b) => numberAt(b, key)! - numberAt(a, key)!);
  const [highest, lowest] = [known[0], known.at(-1)];
  if (!highest || !lowest || known.length < 2) return '';
  const unit = column.unit ? ` ${column.unit}` : '';
  const say = (value: number | null) => cell(value, column.format, column.decimals) + (value === null ? '' : unit);
  const total = numberAt(totals, key);
  if (view.mode === 'browse' && view.display === 'total') {
    if (total === null || total === 0) return '';
    return t('finding_sum', {
      name: column.title,
      total: `${decimals(total, 0)} ${column.unit}`.trim(),
      high: named(highest),
      share: cell(numberAt(highest, key)! / total, 'share', 2),
    });
  }
  if (view.mode === 'browse' && view.display === 'points') return '';
  const values = {
    n: known.length,
    // In the middle of an English sentence.
    level: view.lang === 'en' ? titled(ground.level?.title).toLowerCase() : titled(ground.level?.title),
    high: named(highest),
    high_value: say(numberAt(highest, key)),
    low: named(lowest),
    low_value: say(numberAt(lowest, key)),
    total: say(total),
  };
  const inside = known.filter((row) => numberAt(row, key)! >= 0.8 && numberAt(row, key)! <= 1.2).length;
  const first = key === 'jobs_per_employed_resident' ? t('finding_balance', { ...values, inside }) : t('finding_measure', values);
  const missing = theme.rows.length - known.length;
  return missing > 0 ? `${first}${view.lang === 'en' ? ' ' : ''}${t('finding_undefined', { n: missing })}` : first;
}
