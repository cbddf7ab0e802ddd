import { changeBody, type Question } from '../api/questions.ts';
import { asked, ground } from './city.svelte.ts';
import { stations } from './stations.svelte.ts';
import { travel } from './travel.svelte.ts';
import { view } from './view.svelte.ts';

/** Two sets of stations, before and after (前后对比). */
class Change {
  /** The two sets that are compared: a set that was not kept is the one chosen now. */
  sets = $derived(view.before || view.after ? { before: view.before ?? view.chosen, after: view.after ?? view.chosen } : null);

  /** Null while there is nothing to compare. */
  question = $derived.by((): Question | null => {
    const level = ground.level?.id ?? 'city';
    if (!this.sets) return null;
    const [before, after] = [stations.originsOf(this.sets.before), stations.originsOf(this.sets.after)];
    if (before.length + after.length === 0) return null;
    return { path: '/api/station_change', body: changeBody(before, after, level, travel.cutoff, travel.asked, asked()) };
  });
}

export const change = new Change();
