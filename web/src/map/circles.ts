import type { Map as MapLibre } from 'maplibre-gl';
import { around } from '../state/catchments.svelte.ts';
import { ACCENT } from './ground.ts';
import { reconcile } from './reconcile.ts';

/** What is within reach of the chosen stations, circles or streets, larger ones below. */
export function drawCircles(map: MapLibre): void {
  const found = around.origins.length > 0 ? (around.answer.value?.catchments ?? []) : [];
  const features = found
    .flatMap(({ geometry, cutoff }) => (geometry ? [{ type: 'Feature' as const, geometry, properties: { cutoff } }] : []))
    .toSorted((a, b) => b.properties.cutoff - a.properties.cutoff);
  reconcile(map, 'circles', {
    sources: { circles: { type: 'geojson', data: { type: 'FeatureCollection', features } } },
    layers: [
      { slot: 'circles', id: 'circles:fill', type: 'fill', source: 'circles', paint: { 'fill-color': ACCENT, 'fill-opacity': 0.12 } },
      {
        slot: 'circles',
        id: 'circles:line',
        type: 'line',
        source: 'circles',
        paint: { 'line-color': ACCENT, 'line-width': 1.4, ...(around.reach === 'straight' && { 'line-dasharray': [3, 2] }) },
      },
    ],
  });
}
