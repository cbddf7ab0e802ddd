import { computeCatchments } from '../api/questions.ts';
import type { Catchments } from '../api/types.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

/** People and jobs around the chosen stations (站点周边). */
class AroundStations {
  answer = new Resource<Catchments>();

  /** In the mode the ticked stations, elsewhere the one whose card is open. */
  ids = $derived.by((): string[] => {
    if (view.mode === 'stations') return view.stations;
    const chosen = view.selection;
    return chosen?.kind === 'feature' && chosen.layer === ground.stations?.id ? [chosen.id] : [];
  });

  follow(): void {
    $effect(() => {
      const layer = ground.stations?.id;
      const [ids, cutoffs, when] = [this.ids, view.cutoffs, asked()];
      if (!layer || ids.length === 0) {
        this.answer.clear();
        return;
      }
      const origins = ids.map((id) => ({ layer, id }));
      this.answer.ask(JSON.stringify([origins, cutoffs, when.period]), (signal) =>
        computeCatchments(origins, [...cutoffs], when, signal),
      );
    });
  }
}

export const around = new AroundStations();

/** Adds or removes a station. */
export function toggleStation(id: string): void {
  view.stations = view.stations.includes(id) ? view.stations.filter((other) => other !== id) : [...view.stations, id];
}
