/** Circles of so many metres on a map whose scale goes by zoom and latitude. */

const EQUATOR_M = 40_075_016.686;
/** Pixels of the whole world at zoom 0. */
const WORLD_PX = 512;
const LAST_ZOOM = 24;

/** Pixels of a straight distance at a zoom and a latitude. */
export const pixels = (metres: number, latitude: number, zoom: number): number =>
  (metres * WORLD_PX * 2 ** zoom) / (EQUATOR_M * Math.cos((latitude * Math.PI) / 180));

/** The same as a style writes it, right at every zoom. */
export function metresAsPixels(metres: number, latitude: number): unknown[] {
  return ['interpolate', ['exponential', 2], ['zoom'], 0, pixels(metres, latitude, 0), LAST_ZOOM, pixels(metres, latitude, LAST_ZOOM)];
}

/** The features of a service that stand for themselves: categories as the norm lists them. */
export function ofService(where: Record<string, string[]>): unknown[] {
  const listed = Object.entries(where).map(([attribute, codes]) => ['in', ['get', attribute], ['literal', codes]]);
  return ['all', ['!', ['has', 'features']], ...listed];
}
