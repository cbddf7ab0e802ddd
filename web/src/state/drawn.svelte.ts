import { computeStatistics } from '../api/questions.ts';
import type { Statistics } from '../api/types.ts';
import { asked } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

/** The drawn polygon and the sums inside it. */
class Drawn {
  answer = new Resource<Statistics>();
  /** Whether the pointer is setting corners. */
  drawing = $state(false);

  /** The drawn corners, closed. */
  polygon = $derived.by((): GeoJSON.Polygon | null => {
    const corners = view.polygon;
    return corners && { type: 'Polygon', coordinates: [[...corners, corners[0]!].map((corner) => [...corner])] };
  });

  follow(): void {
    $effect(() => {
      const [polygon, when] = [this.polygon, asked()];
      if (!polygon) {
        this.answer.clear();
        return;
      }
      this.answer.ask(JSON.stringify([polygon, when.period]), (signal) => computeStatistics(polygon, when, signal));
    });
  }
}

export const drawn = new Drawn();

export function startDrawing(): void {
  view.polygon = null;
  view.selection = null;
  drawn.drawing = true;
}

export function clearDrawing(): void {
  drawn.drawing = false;
  view.polygon = null;
}
