/** The dates that the city has data of, and what has changed since one of them. */
import { changePath } from '../api/questions.ts';
import { asked, ground } from './city.svelte.ts';
import { view } from './view.svelte.ts';

/** What a balance is compared by between two dates. */
const BALANCE_COUNTS = ['usual_residents', 'employed_residents', 'households', 'jobs'];
const BALANCE_RATIOS = ['jobs_per_employed_resident', 'jobs_per_household', 'balance_index', 'self_containment'];

class Periods {
  /** Dates of which a layer of features holds more than one, oldest first; empty where none does. */
  dates = $derived.by((): string[] => {
    const several = ground.layers.filter((layer) => layer.kind !== 'area' && layer.periods.length > 1);
    return [...new Set(several.flatMap((layer) => layer.periods.map((state) => state.period)))].toSorted();
  });

  /** The stops of the slider: every date but the last, which is the newest of all. */
  stops = $derived(this.dates.slice(0, -1).map((date) => ({ date, period: date })).concat(this.dates.slice(-1).map((date) => ({ date, period: '' }))));

  /** The stop that is shown: a date in between belongs to the stop before it. */
  at = $derived.by((): number => {
    const { period } = view;
    if (!period) return this.dates.length - 1;
    return this.dates.findLastIndex((date) => date.slice(0, period.length) <= period.slice(0, date.length));
  });

  /** Whether the open mode can be compared with an earlier date. */
  private isComparable = $derived(view.mode === 'browse' ? view.display === 'total' : view.mode === 'balance' && view.balance === 'ratio' && !view.bivariate && view.catchment_m === null);

  /** The dates that changes can be counted from. */
  earlier = $derived(this.isComparable && ground.level ? this.dates.slice(0, Math.max(0, this.at)) : []);

  /** The date that changes are counted from; empty where nothing is compared. */
  since = $derived(this.earlier.includes(view.since) ? view.since : '');

  /** Whether the map shows shares of what there was; a ratio has none. */
  isShare = $derived(view.since_share && !(view.mode === 'balance' && BALANCE_RATIOS.includes(view.measure)));

  /** The later date in words of the slider. */
  until = $derived(this.dates[this.at] ?? view.period);

  /** The address of the question, for areas of a level. */
  path(level: string): string {
    const { period, caliber } = asked();
    return changePath(view.mode === 'browse' ? 'areas' : 'balance', this.since, period, { level, caliber });
  }

  /** The mapped column for what is counted. */
  keyOf(count: string): string {
    return `${this.isShare ? 'change_share' : 'difference'}.${count}`;
  }

  /** The columns of the table. */
  columns(count: string): string[] {
    const counted = (key: string) => ['then', 'now', 'difference', 'change_share'].map((side) => `${side}.${key}`);
    if (view.mode === 'browse') return ['name', 'code', ...counted(count)];
    return ['name', ...BALANCE_COUNTS.flatMap(counted), ...BALANCE_RATIOS.flatMap((key) => counted(key).slice(0, 3))];
  }
}

export const periods = new Periods();
