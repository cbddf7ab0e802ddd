/** Choosing with a click, a row or the search; Escape goes back. */
import { clearDrawing, drawn } from './drawn.svelte.ts';
import { view } from './view.svelte.ts';

export function chooseArea(code: string): void {
  if (view.polygon) clearDrawing();
  view.selection = { kind: 'area', code };
}

export function chooseFeature(layer: string, id: string): void {
  if (view.polygon) clearDrawing();
  view.selection = { kind: 'feature', layer, id };
}

/** One step back: the drawing, then what is chosen, then the last of the places that are reached from, then the filter. */
export function stepBack(): void {
  if (drawn.drawing) drawn.drawing = false;
  else if (view.polygon) clearDrawing();
  else if (view.selection) view.selection = null;
  else if (view.mode === 'reach' && view.chosen.length > 0) view.chosen = view.chosen.slice(0, -1);
  else if (view.cells.length > 0) view.cells = [];
}
