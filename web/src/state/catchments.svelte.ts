import { computeCatchments } from '../api/questions.ts';
import type { Catchments } from '../api/types.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

export interface Origin {
  layer: string;
  id: string;
}

/** People and jobs around the chosen places (站点周边). */
class AroundPlaces {
  answer = new Resource<Catchments>();

  /** In the mode the ticked stations, elsewhere the station or facility whose card is open. */
  origins = $derived.by((): Origin[] => {
    const stations = ground.stations?.id;
    if (view.mode === 'stations') return stations ? view.stations.map((id) => ({ layer: stations, id })) : [];
    const chosen = view.selection;
    return chosen?.kind === 'feature' && hasCatchment(chosen.layer) ? [{ layer: chosen.layer, id: chosen.id }] : [];
  });

  /** Along the streets only where the city has some. */
  reach = $derived(ground.city?.streets ? view.reach : 'straight');

  follow(): void {
    $effect(() => {
      const [origins, cutoffs, reach, when] = [this.origins, view.cutoffs, this.reach, asked()];
      if (origins.length === 0) {
        this.answer.clear();
        return;
      }
      this.answer.ask(JSON.stringify([origins, cutoffs, reach, when.period]), (signal) =>
        computeCatchments(origins, [...cutoffs], reach, when, signal),
      );
    });
  }
}

export const around = new AroundPlaces();

/** Whether one asks who lives and works around a place of this layer. */
export function hasCatchment(layerId: string): boolean {
  const layer = ground.layer(layerId);
  return layer?.geometry === 'point' && (layer.kind === 'station' || layer.kind === 'facility');
}

/** Adds or removes a station. */
export function toggleStation(id: string): void {
  view.stations = view.stations.includes(id) ? view.stations.filter((other) => other !== id) : [...view.stations, id];
}
