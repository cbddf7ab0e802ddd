import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import type { Row } from '../api/types.ts';
import { NO_DATA } from '../classes/palettes.ts';
import { numberAt, theme } from '../state/theme.svelte.ts';
import { reconcile } from './reconcile.ts';

/** The layer of cells that answers to the pointer. */
export const CELL_FILL = 'cells:fill';
const CELLS = 'cells';
/** Metres of a degree along a meridian, on the sphere of the grid. */
const METRES_A_DEGREE = 111_195.08;

/** Cells of a grid in the colours of their classes (格网). */
export function drawCells(map: MapLibre): void {
  const colors = theme.colors.flatMap((color, i) => [i, color]);
  reconcile(map, 'cells', {
    sources: { [CELLS]: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } } },
    layers: [
      {
        slot: 'theme',
        id: CELL_FILL,
        type: 'fill',
        source: CELLS,
        paint: { 'fill-color': ['match', ['get', 'class'], ...colors, NO_DATA] as never, 'fill-opacity': 0.85, 'fill-antialias': false },
      },
    ],
  });
}

/** Puts the cells in place. */
export function showCells(map: MapLibre): void {
  const cell_m = theme.isCells ? Number(theme.answer.value?.query['cell_m'] ?? 500) : 0;
  const features = theme.isCells ? theme.rows.flatMap((row, i) => squareOf(row, cell_m, theme.classes[i] ?? -1)) : [];
  (map.getSource(CELLS) as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features });
}

function squareOf(row: Row, cell_m: number, shade: number): GeoJSON.Feature[] {
  const [lon, lat] = [numberAt(row, 'lon'), numberAt(row, 'lat')];
  if (lon === null || lat === null) return [];
  // The place is where the people of the cell are; bands along the parallels, each cut at its middle.
  const height = cell_m / METRES_A_DEGREE;
  const band = Math.floor(lat / height);
  const width = height / Math.cos(((band + 0.5) * height * Math.PI) / 180);
  const [west, south] = [Math.floor(lon / width) * width, band * height];
  const [east, north] = [west + width, south + height];
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: { code: String(row['code']), class: shade } }];
}
