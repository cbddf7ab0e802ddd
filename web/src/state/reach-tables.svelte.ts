import { ask, stationAreasPath, type Question } from '../api/questions.ts';
import type { Answer } from '../api/types.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { travel } from './travel.svelte.ts';
import type { Tab } from './url.ts';
import { view } from './view.svelte.ts';

/** The tables of the whole network, asked only while they are looked at. */
class ReachTables {
  answer = new Resource<Answer & { tab: Tab }>();

  /** Core and influence area: the nearest and the farthest of the kept cutoffs. */
  areas = $derived({ core: Math.min(...travel.kept), influence: Math.max(...travel.kept) });

  question = $derived.by((): Question | null => {
    const layer = ground.stations?.id;
    if (view.mode !== 'reach' || !layer) return null;
    switch (view.tab) {
      case 'chosen':
        return null;
      case 'stations':
        return { path: stationAreasPath(layer, ground.level?.id ?? 'city', travel.outward, this.areas, asked()), isLong: true };
      case 'coverage':
      case 'change':
        // These are on the map too.
        return null;
    }
  });

  /** The answer to the open tab. */
  shown = $derived(this.answer.value?.tab === view.tab ? this.answer.value : null);

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const [question, tab] = [this.question, view.tab];
      if (!question || !view.table) {
        this.answer.leave();
        return;
      }
      this.answer.ask(JSON.stringify(question), async (signal, tell) => ({ ...(await ask<Answer>(question, signal, tell)), tab }));
    });
  }
}

export const reachTables = new ReachTables();
