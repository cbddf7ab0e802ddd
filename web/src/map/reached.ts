import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre, MapMouseEvent } from 'maplibre-gl';
import { BEFORE, PAIR_OPACITY } from '../reach/pair.ts';
import { paintOf } from '../reach/ramp.ts';
import { change } from '../state/change.svelte.ts';
import type { Choice } from '../state/choices.ts';
import { pointing } from '../state/pointing.svelte.ts';
import { originKey, reach } from '../state/reach.svelte.ts';
import { stations } from '../state/stations.svelte.ts';
import { travel } from '../state/travel.svelte.ts';
import { view } from '../state/view.svelte.ts';
import { LABEL_FONT } from './fonts.ts';
import { ACCENT, GROUND } from './ground.ts';
import { edgesOf, withoutBlocks } from './outlines.ts';
import { reconcile } from './reconcile.ts';

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const SHAPES = 'reached';
const PLACES = 'reached:places';

/** What is within reach, the circles to hold it against, and the chosen places (可达范围). */
export function drawReached(map: MapLibre): void {
  const isStraight = travel.way === 'straight';
  const at = { slot: 'circles' as const, source: SHAPES };
  const width = ['interpolate', ['linear'], ['zoom'], 9, ['case', ['get', 'main'], 1.2, 0.6], 12, ['case', ['get', 'main'], 2, 1.1]] as ExpressionSpecification;
  reconcile(map, 'reached', {
    sources: {
      [SHAPES]: { type: 'geojson', data: EMPTY },
      [PLACES]: { type: 'geojson', data: EMPTY },
    },
    layers: [
      { ...at, id: 'reached:fill', type: 'fill', filter: ['==', ['get', 'is'], 'together'], paint: { 'fill-color': ['get', 'color'], 'fill-opacity': ['get', 'opacity'] } },
      {
        ...at,
        id: 'reached:each',
        type: 'line',
        minzoom: 12,
        filter: ['==', ['get', 'is'], 'each'],
        paint: { 'line-color': ACCENT, 'line-width': 0.8, 'line-opacity': 0.55 },
      },
      {
        ...at,
        id: 'reached:inner',
        type: 'line',
        filter: ['==', ['get', 'is'], 'inner'],
        paint: { 'line-color': ['get', 'color'], 'line-width': 0.6, 'line-opacity': 0.7 },
      },
      {
        ...at,
        id: 'reached:line',
        type: 'line',
        filter: ['==', ['get', 'is'], 'outer'],
        layout: { 'line-join': 'round' },
        paint: { 'line-color': ['get', 'color'], 'line-width': width, ...(isStraight && { 'line-dasharray': [3, 2] }) },
      },
      {
        ...at,
        id: 'reached:circles',
        type: 'line',
        filter: ['==', ['get', 'is'], 'circle'],
        paint: { 'line-color': GROUND.boundary, 'line-width': ['case', ['get', 'main'], 1.8, 1], 'line-dasharray': [2.5, 2] },
      },
      { ...at, id: 'reached:pointed', type: 'line', filter: ['==', ['get', 'is'], 'pointed'], paint: { 'line-color': ACCENT, 'line-width': 3 } },
      {
        // Where a catchment is smaller than a mark, a ring around its station stands for it.
        slot: 'labels',
        id: 'reached:rings',
        type: 'circle',
        source: PLACES,
        maxzoom: 12,
        filter: ['==', ['get', 'is'], 'station'],
        paint: { 'circle-radius': 8, 'circle-opacity': 0, 'circle-stroke-color': ACCENT, 'circle-stroke-width': 2.5 },
      },
      {
        slot: 'chosen',
        id: PLACES,
        type: 'circle',
        source: PLACES,
        filter: ['==', ['get', 'is'], 'place'],
        paint: { 'circle-radius': 9, 'circle-color': ACCENT, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
      },
      {
        slot: 'labels',
        id: 'reached:numbers',
        type: 'symbol',
        source: PLACES,
        layout: { 'text-field': ['get', 'n'], 'text-font': [LABEL_FONT], 'text-size': 11, 'text-allow-overlap': true, 'text-ignore-placement': true },
        paint: { 'text-color': '#ffffff' },
      },
    ],
  });
}

/** Puts the shapes in place; the old ones stay until the new ones are drawn. */
export function showReached(map: MapLibre): void {
  set(map, SHAPES, shapes());
  set(map, PLACES, places());
}

function shapes(): GeoJSON.Feature[] {
  if (change.isShown) return pair();
  if (reach.origins.length === 0) return [];
  const { catchments = [], union = [] } = reach.answer.value ?? {};
  const circles = reach.radii ? (reach.circle.value?.union ?? []) : [];
  const main = reach.together?.cutoff;
  const mainCircle = reach.circleTogether?.cutoff;
  const feature = (is: string, of: { geometry?: GeoJSON.Geometry; cutoff: number }, isMain: boolean): GeoJSON.Feature[] =>
    of.geometry ? [{ type: 'Feature', geometry: edgesOf(of.geometry).outer, properties: { is, main: isMain } }] : [];
  const each = catchments.length > union.length ? catchments.filter((found) => found.cutoff === main) : [];
  return [
    ...union.toReversed().flatMap((found) => painted(found, ACCENT, paintOf(union.length), found.cutoff === main)),
    ...each.flatMap((found) => feature('each', found, false)),
    ...circles.flatMap((found) => feature('circle', found, found.cutoff === mainCircle)),
    ...each.filter((found) => originKey(found) === pointing.code).flatMap((found) => feature('pointed', found, true)),
  ];
}

/** A shape as it is painted and outlined. */
function painted({ geometry }: { geometry?: GeoJSON.Geometry }, color: string, opacity: number, isMain: boolean): GeoJSON.Feature[] {
  if (!geometry) return [];
  const { outer, inner } = edgesOf(geometry);
  return [
    { type: 'Feature', geometry: withoutBlocks(geometry), properties: { is: 'together', color, opacity } },
    { type: 'Feature', geometry: inner, properties: { is: 'inner', color } },
    { type: 'Feature', geometry: outer, properties: { is: 'outer', color, main: isMain } },
  ];
}

/** The two sets that are compared: what both reach is seen in both colours. */
function pair(): GeoJSON.Feature[] {
  const { before, after } = change.pair.value ?? {};
  return [...(before ? painted(before, BEFORE, PAIR_OPACITY, true) : []), ...(after ? painted(after, ACCENT, PAIR_OPACITY, true) : [])];
}

function places(): GeoJSON.Feature[] {
  if (view.mode !== 'reach') return [];
  const point = (lon: number, lat: number, properties: object): GeoJSON.Feature => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties: { ...properties, lon, lat } });
  const rings = [...(change.isShown ? change.stations : stations.chosen)].flatMap((id) => stations.byId.get(id) ?? []).map(({ lon, lat }) => point(lon, lat, { is: 'station' }));
  const pins = view.chosen.filter((choice) => choice.kind === 'place').map(({ lon, lat }, i) => point(lon, lat, { is: 'place', n: String(i + 1) }));
  return [...rings, ...pins];
}

function set(map: MapLibre, source: string, features: GeoJSON.Feature[]): void {
  (map.getSource(source) as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features });
}

/** The chosen place under the pointer. */
export function placeAt(event: MapMouseEvent): Choice | null {
  const { x, y } = event.point;
  if (!event.target.getLayer(PLACES)) return null;
  const [found] = event.target.queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]], { layers: [PLACES] });
  const [lon, lat] = [found?.properties['lon'], found?.properties['lat']];
  return typeof lon === 'number' && typeof lat === 'number' ? { kind: 'place', lon, lat } : null;
}
