import type { Map as MapLibre } from 'maplibre-gl';

/** Reads the tiles of some layers again; what is drawn stays until the new ones are there. */
export function renewTiles(map: MapLibre, layers: readonly string[]): void {
  for (const layer of layers) {
    const source = `tiles:${layer}`;
    if (map.getSource(source)) map.refreshTiles(source);
  }
}
