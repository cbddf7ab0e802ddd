import type { Map as MapLibre } from 'maplibre-gl';
import type { Bbox } from '../api/types.ts';

/** The map that is on the page, for the parts that move it. */
class Moves {
  map = $state.raw<MapLibre | null>(null);

  /** Whether the whole city is shown, and is to stay so when the map changes its size. */
  isHome = false;

  home(bbox: Bbox, animate = true): void {
    this.isHome = true;
    this.map?.fitBounds(bbox, { padding: 32, duration: animate && !isStill() ? 600 : 0 });
  }

  fit(bbox: Bbox, animate = true): void {
    this.isHome = false;
    this.map?.fitBounds(bbox, { padding: 48, maxZoom: 15, duration: animate && !isStill() ? 600 : 0 });
  }

  fly(lon: number, lat: number, zoom: number): void {
    const map = this.map;
    this.isHome = false;
    map?.easeTo({ center: [lon, lat], zoom: Math.max(zoom, map.getZoom()), duration: isStill() ? 0 : 600 });
  }
}

const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export const moves = new Moves();
