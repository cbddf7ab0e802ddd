import type { StyleSpecification } from 'maplibre-gl';
import type { City } from '../api/types.ts';
import { fontFaces } from './fonts.ts';
import { anchors } from './zorder.ts';

/** Colours of the ground: nothing in it is saturated, so that the data speak. */
export const GROUND = {
  land: '#f7f6f3',
  neighbors: '#efeeea',
  water: '#dbe6ec',
  streets: '#d5d3cd',
  boundary: '#4a4f54',
  casing: '#ffffff',
  label: '#33383d',
} as const;

export const ACCENT = '#0b6e75';

/** The style before any layer of the city: the ground, and a base map where one is configured. */
export function groundStyle(city: City): StyleSpecification {
  const basemap = city.basemap;
  return {
    version: 8,
    'font-faces': fontFaces(),
    sources: basemap
      ? { basemap: { type: 'raster', tiles: basemap.tiles, tileSize: 256, attribution: basemap.attribution } }
      : {},
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': GROUND.neighbors } },
      ...(basemap
        ? [
            {
              id: 'basemap',
              type: 'raster' as const,
              source: 'basemap',
              paint: { 'raster-saturation': -0.7, 'raster-opacity': 0.6 },
            },
          ]
        : []),
      ...anchors,
    ],
  };
}
