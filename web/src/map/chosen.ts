import type { Map as MapLibre } from 'maplibre-gl';
import { ACCENT } from './ground.ts';
import { reconcile, type Drawing } from './reconcile.ts';

const SOURCE = 'chosen-place';

/** Marks the place of the feature whose card is open, whether or not its layer is shown: a ring, or its outline. */
export function markOf(place: GeoJSON.Geometry | null): Drawing {
  if (!place) return { sources: {}, layers: [] };
  const data: GeoJSON.Feature = { type: 'Feature', properties: {}, geometry: place };
  const isPoint = /Point$/.test(place.type);
  const line = (id: string, color: string, width: number) =>
    ({ slot: 'chosen', id, type: 'line', source: SOURCE, paint: { 'line-color': color, 'line-width': width } }) as const;
  const ring = (id: string, color: string, width: number) =>
    ({
      slot: 'chosen',
      id,
      type: 'circle',
      source: SOURCE,
      // What lies inside stays seen.
      paint: { 'circle-radius': 9, 'circle-color': ACCENT, 'circle-opacity': 0, 'circle-stroke-color': color, 'circle-stroke-width': width },
    }) as const;
  const mark = isPoint ? ring : line;
  return { sources: { [SOURCE]: { type: 'geojson', data } }, layers: [mark('chosen:casing', '#ffffff', 5), mark('chosen:mark', ACCENT, 2.5)] };
}

export const markChosen = (map: MapLibre, place: GeoJSON.Geometry | null): void => reconcile(map, SOURCE, markOf(place));
