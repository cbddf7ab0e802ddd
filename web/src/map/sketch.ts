import type { Map as MapLibre } from 'maplibre-gl';
import { scenario } from '../state/scenario.svelte.ts';
import { ACCENT } from './ground.ts';
import { reconcile } from './reconcile.ts';

const SOURCE = 'sketch';

/** The points clicked so far for a line or a street, and what joins them. */
export function drawSketch(map: MapLibre): void {
  const points = scenario.sketch?.points ?? [];
  const corners = points.map(({ lon, lat }) => [lon, lat]);
  const features: GeoJSON.Feature[] = corners.map((coordinates) => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates } }));
  if (corners.length > 1) features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: corners } });
  if (features.length === 0) return reconcile(map, SOURCE, { sources: {}, layers: [] });
  reconcile(map, SOURCE, {
    sources: { [SOURCE]: { type: 'geojson', data: { type: 'FeatureCollection', features } } },
    layers: [
      { slot: 'chosen', id: 'sketch:line', type: 'line', source: SOURCE, filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-color': ACCENT, 'line-width': 3, 'line-dasharray': [2, 1] } },
      { slot: 'chosen', id: 'sketch:points', type: 'circle', source: SOURCE, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 5, 'circle-color': '#ffffff', 'circle-stroke-color': ACCENT, 'circle-stroke-width': 2.5 } },
    ],
  });
}
