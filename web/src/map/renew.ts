import type { Map as MapLibre } from 'maplibre-gl';

/** Reads the tiles of some layers again; what is drawn stays until the new ones are there. */
export function renewTiles(map: MapLibre, layers: readonly string[]): void {
  for (const layer of layers) {
    for (const source of [`tiles:${layer}`, `service:${layer}`]) if (map.getSource(source)) map.refreshTiles(source);
  }
}
