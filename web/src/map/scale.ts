import type { Map as MapLibre } from 'maplibre-gl';
import { roundDown } from '../format/number.ts';

export interface ScaleBar {
  width_px: number;
  metres: number;
}

/** The longest round distance that fits in `most_px` at the middle of the map. */
export function scaleOf(map: MapLibre, most_px: number): ScaleBar {
  const { width, height } = map.getCanvas().getBoundingClientRect();
  const [x, y] = [width / 2, height / 2];
  const reach = map.unproject([x - most_px / 2, y]).distanceTo(map.unproject([x + most_px / 2, y]));
  const metres = roundDown(reach);
  return { width_px: Math.round((most_px * metres) / reach) || 0, metres };
}
