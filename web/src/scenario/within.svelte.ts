/** Where an edit works: the drawn polygon, else the chosen area. */
import { named, t } from '../i18n/index.ts';
import { drawn } from '../state/drawn.svelte.ts';
import { places } from '../state/places.svelte.ts';
import { view } from '../state/view.svelte.ts';

export interface Place {
  /** As an edit is told. */
  within: { geometry: GeoJSON.Polygon } | { area: string };
  name: string;
}

/** What is drawn or chosen now; null where neither is. */
export function placeNow(): Place | null {
  const area = view.selection?.kind === 'area' ? view.selection.code : null;
  if (drawn.polygon) return { within: { geometry: $state.snapshot(drawn.polygon) }, name: t('scenario_polygon') };
  return area === null ? null : { within: { area }, name: named(places.name(area) ?? {}) || area };
}
