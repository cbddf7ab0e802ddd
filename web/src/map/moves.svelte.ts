import type { Map as MapLibre } from 'maplibre-gl';
import type { Bbox } from '../api/types.ts';

/** How long the map takes to notice that a card opened beside it, milliseconds. */
const ROOM_MS = 150;

/** From here on a kilometre is wide enough to show a shape. */
const READABLE_ZOOM = 11;

/** The map that is on the page, for the parts that move it. */
class Moves {
  map = $state.raw<MapLibre | null>(null);

  /** The whole city, as it is shown first. */
  home(bbox: Bbox, animate = true): void {
    this.map?.fitBounds(bbox, { padding: homePadding(this.map), duration: animate && !isStill() ? 600 : 0 });
  }

  fit(bbox: Bbox, animate = true): void {
    this.map?.fitBounds(bbox, { padding: { ...homePadding(this.map), top: 48 }, maxZoom: 15, duration: animate && !isStill() ? 600 : 0 });
  }

  /** The same once the page has made room for what opens with it. */
  fitLater(bbox: Bbox): void {
    setTimeout(() => this.fit(bbox), ROOM_MS);
  }

  /** Whether an extent lies within the map, and large enough to be read. */
  shows([west, south, east, north]: Bbox): boolean {
    const bounds = this.map?.getBounds();
    return Boolean(bounds?.contains([west, south]) && bounds.contains([east, north]) && this.map!.getZoom() >= READABLE_ZOOM);
  }

  fly(lon: number, lat: number, zoom: number): void {
    const map = this.map;
    map?.easeTo({ center: [lon, lat], zoom: Math.max(zoom, map.getZoom()), duration: isStill() ? 0 : 600 });
  }
}

/** Room around the whole city, pixels: the legend on the left, the tools on the right and the source line below stay clear of it. */
export function homePadding(map: MapLibre): { top: number; right: number; bottom: number; left: number } {
  const isWide = map.getContainer().clientWidth >= 560;
  return { top: 32, right: 64, bottom: 40, left: isWide ? 200 : 32 };
}

const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export const moves = new Moves();
