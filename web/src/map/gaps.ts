import type { GeoJSONSource, MapMouseEvent, Map as MapLibre } from 'maplibre-gl';
import type { Row } from '../api/types.ts';
import { gaps } from '../state/gaps.svelte.ts';
import { pointing } from '../state/pointing.svelte.ts';
import { LABEL_FONT } from './fonts.ts';
import { ACCENT } from './ground.ts';
import { reconcile } from './reconcile.ts';

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const SPOTS = 'blind-spots';
const SITES = 'sites';
const DROPPED = 'sites-dropped';

/** Where people live whom nobody serves; shortfalls alone are red. */
export const BLIND_COLOR = '#b3261e';
const HATCH = 'blind-hatch';

/** Slanting lines to repeat, as on paper: the classes below keep their colours. */
function hatch(color: string): ImageData {
  const side = 16;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d')!;
  pen.strokeStyle = color;
  pen.lineWidth = 2;
  pen.lineCap = 'square';
  for (const shift of [-side, 0, side]) {
    pen.beginPath();
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
    pen.stroke();
  }
  return pen.getImageData(0, 0, side, side);
}

/** Blind spots (盲区), and sites that would serve them. */
export function drawGaps(map: MapLibre): void {
  if (!map.hasImage(HATCH)) map.addImage(HATCH, hatch(BLIND_COLOR), { pixelRatio: 2 });
  reconcile(map, 'gaps', {
    sources: { [SPOTS]: { type: 'geojson', data: EMPTY }, [SITES]: { type: 'geojson', data: EMPTY }, [DROPPED]: { type: 'geojson', data: EMPTY } },
    layers: [
      { slot: 'circles', id: `${SPOTS}:fill`, type: 'fill', source: SPOTS, paint: { 'fill-pattern': HATCH } },
      { slot: 'circles', id: `${SPOTS}:line`, type: 'line', source: SPOTS, minzoom: 11, paint: { 'line-color': BLIND_COLOR, 'line-width': 1, 'line-opacity': 0.8 } },
      {
        // What the city as it is would take, beside a scenario.
        slot: 'labels',
        id: DROPPED,
        type: 'circle',
        source: DROPPED,
        paint: { 'circle-radius': 9, 'circle-color': '#ffffff', 'circle-opacity': 0.6, 'circle-stroke-color': ACCENT, 'circle-stroke-width': 2 },
      },
      {
        // Above the names of areas: these are what was asked for.
        slot: 'labels',
        id: SITES,
        type: 'circle',
        source: SITES,
        paint: { 'circle-radius': ['case', ['get', 'pointed'], 14, 11], 'circle-color': ACCENT, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
      },
      {
        slot: 'labels',
        id: `${SITES}:rank`,
        type: 'symbol',
        source: SITES,
        layout: { 'text-field': ['get', 'rank'], 'text-font': [LABEL_FONT], 'text-size': 12, 'text-allow-overlap': true, 'text-ignore-placement': true },
        paint: { 'text-color': '#ffffff' },
      },
    ],
  });
}

/** The rank of the blind spot at a point of the map. */
export function spotAt(event: MapMouseEvent): number | null {
  if (!event.target.getLayer(`${SPOTS}:fill`)) return null;
  const [found] = event.target.queryRenderedFeatures(event.point, { layers: [`${SPOTS}:fill`] });
  const rank: unknown = found?.properties['rank'];
  return typeof rank === 'number' ? rank : null;
}

/** Puts them in place; old ones stay until new ones are there. */
export function showGaps(map: MapLibre): void {
  set(map, SPOTS, gaps.isOpen ? (gaps.spots.value?.features ?? []) : []);
  set(
    map,
    SITES,
    gaps.found.map((site) => ({
      type: 'Feature',
      geometry: pointOf(site),
      properties: { rank: String(site['rank']), pointed: pointing.code === `site:${String(site['rank'])}` },
    })),
  );
  set(map, DROPPED, gaps.dropped.map((site) => ({ type: 'Feature', geometry: pointOf(site), properties: {} })));
}

function pointOf(site: Row): GeoJSON.Point {
  return { type: 'Point', coordinates: [Number(site['lon']), Number(site['lat'])] };
}

function set(map: MapLibre, source: string, features: GeoJSON.Feature[]): void {
  (map.getSource(source) as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features });
}
