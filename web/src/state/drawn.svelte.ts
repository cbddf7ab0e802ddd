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

  follow(): void {
    $effect(() => {
      const [corners, when] = [view.polygon, asked()];
      if (!corners) {
        this.answer.clear();
        return;
      }
      const ring = [...corners, corners[0]!].map((corner) => [...corner]);
      this.answer.ask(JSON.stringify([ring, when.period]), (signal) =>
        computeStatistics({ type: 'Polygon', coordinates: [ring] }, when, signal),
      );
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
