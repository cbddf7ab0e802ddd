import { catchmentsBody, changeBody, computeCatchments, type Question } from '../api/questions.ts';
import type { CatchmentUnion } from '../api/types.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { stations } from './stations.svelte.ts';
import { travel } from './travel.svelte.ts';
import { view } from './view.svelte.ts';

/** What is within reach of two sets of stations; null of an empty set. */
interface Pair {
  before: CatchmentUnion | null;
  after: CatchmentUnion | null;
}

/** Two sets of stations, before and after (前后对比). */
class Change {
  /** The outlines of both, where they are looked at. */
  pair = new Resource<Pair>();

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

  /** The stations of either set. */
  stations = $derived(new Set(this.sets ? stations.idsOf([...this.sets.before, ...this.sets.after]) : []));

  /** Whether the map shows the two sets and not what is chosen. */
  isShown = $derived(view.mode === 'reach' && view.tab === 'change' && this.question !== null);

  /** The bodies of the questions for both outlines. */
  private bodies = $derived.by(() => {
    if (!this.isShown || !this.sets) return null;
    const { before, after } = this.sets;
    return [before, after].map((set) => {
      const origins = stations.originsOf(set);
      return origins.length > 0 ? catchmentsBody(origins, [travel.cutoff], travel.asked, asked()) : null;
    });
  });

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const bodies = this.bodies;
      if (!bodies) {
        this.pair.clear();
        return;
      }
      this.pair.ask(JSON.stringify(bodies), async (signal, tell) => {
        const found = await Promise.all(bodies.map((body) => body && computeCatchments(body, signal, tell)));
        const [before, after] = found.map((answer) => answer?.union[0] ?? null);
        return { before: before ?? null, after: after ?? null };
      });
    });
  }
}

export const change = new Change();
