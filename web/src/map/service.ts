import type { ExpressionSpecification, FilterSpecification, Map as MapLibre } from 'maplibre-gl';
import { tilesUrl } from '../api/questions.ts';
import type { NormItem } from '../api/types.ts';
import { asked, ground, isThere } from '../state/city.svelte.ts';
import { gaps } from '../state/gaps.svelte.ts';
import { metresAsPixels, ofService } from './circles.ts';
import { GROUND } from './ground.ts';
import { reconcile, type Drawing } from './reconcile.ts';

/** Circles are told apart from here on. */
const FROM_ZOOM = 11;

/** The chosen service with what is drawn of it: its facilities, and the straight circles that they serve. */
function shown(): { item: NormItem; color: string; radius: number | null } | null {
  const item = gaps.isOpen ? gaps.item : null;
  const layer = item ? ground.layer(item.layer) : undefined;
  if (!item || layer?.geometry !== 'point' || layer.features === 0 || !isThere(layer)) return null;
  const radius = gaps.way === 'straight' ? item.service_radius?.value : null;
  return { item, color: layer.style.color, radius: typeof radius === 'number' ? radius : null };
}

/** How far the drawn circles reach, metres; null where none are drawn. */
export const circleRadius = (): number | null => shown()?.radius ?? null;

/** Whether facilities of the chosen service are drawn, and in which colour. */
export const facilityColor = (): string | null => shown()?.color ?? null;

/** The facilities of the chosen service with their circles (服务半径). */
export function drawService(map: MapLibre): void {
  const drawing: Drawing = { sources: {}, layers: [] };
  const found = shown();
  if (found && ground.city) {
    const { item, color, radius } = found;
    const source = `service:${item.layer}`;
    drawing.sources[source] = { type: 'vector', tiles: [tilesUrl(item.layer, asked())], maxzoom: 16 };
    const of = { source, 'source-layer': item.layer, filter: ofService(item.where ?? {}) as FilterSpecification };
    const [, south, , north] = ground.city.bbox;
    if (radius !== null) {
      drawing.layers.push({
        slot: 'circles',
        id: 'service:circles',
        type: 'circle',
        minzoom: FROM_ZOOM,
        ...of,
        paint: {
          'circle-radius': metresAsPixels(radius, (south + north) / 2) as ExpressionSpecification,
          'circle-color': '#ffffff',
          'circle-opacity': 0.16,
          'circle-stroke-color': GROUND.boundary,
          'circle-stroke-opacity': 0.6,
          'circle-stroke-width': 0.8,
        },
      });
    }
    drawing.layers.push({
      slot: 'points',
      id: 'service:places',
      type: 'circle',
      ...of,
      paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 9, 1.2, 13, 3.5, 16, 6], 'circle-color': color, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 9, 0.2, 13, 1] },
    });
  }
  reconcile(map, 'service', drawing);
}
