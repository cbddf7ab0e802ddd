import type { Row } from '../api/types.ts';
import { moves } from '../map/moves.svelte.ts';
import { chooseArea } from '../state/choose.ts';
import { places } from '../state/places.svelte.ts';
import { view } from '../state/view.svelte.ts';

/** Shows a place that only counts make balanced, among the areas of its level. */
export function showNominal(row: Row): void {
  const code = String(row['code']);
  view.level = String(row['level']);
  chooseArea(code);
  const bbox = places.bbox(code);
  if (bbox) moves.fit(bbox);
}
