import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import type { Row } from '../api/types.ts';
import { told } from '../format/number.ts';
import { named } from '../i18n/index.ts';
import { ground } from '../state/city.svelte.ts';
import { places } from '../state/places.svelte.ts';
import { numberAt, theme } from '../state/theme.svelte.ts';
import { LABEL_FONT } from './fonts.ts';
import { GROUND } from './ground.ts';
import { reconcile } from './reconcile.ts';

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

/** Names of the areas, with the mapped value below where there is room. */
export function drawLabels(map: MapLibre): void {
  reconcile(map, 'labels', {
    sources: {
      'labels:level': { type: 'geojson', data: EMPTY },
      'labels:top': { type: 'geojson', data: EMPTY },
    },
    layers: [
      {
        slot: 'labels',
        id: 'labels:level',
        type: 'symbol',
        source: 'labels:level',
        minzoom: 9.6,
        layout: {
          'text-field': ['step', ['zoom'], ['get', 'name'], 10.6, ['format', ['get', 'name'], {}, ['get', 'value'], { 'font-scale': 0.92 }]],
          'text-font': [LABEL_FONT],
          'text-size': 12,
          'text-padding': 3,
          'text-max-width': 8,
          'symbol-sort-key': ['get', 'order'],
        },
        paint: { 'text-color': GROUND.label, 'text-halo-color': 'rgba(255,255,255,0.9)', 'text-halo-width': 1.4 },
      },
      {
        slot: 'labels',
        id: 'labels:top',
        type: 'symbol',
        source: 'labels:top',
        layout: {
          'text-field': ['format', ['get', 'name'], {}, ['get', 'value'], { 'font-scale': 0.88 }],
          'text-font': [LABEL_FONT],
          'text-size': ['interpolate', ['linear'], ['zoom'], 7, 11, 9, 13.5, 12, 17],
          'text-padding': 1,
          'text-max-width': 9,
          'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'],
          'text-radial-offset': 0.4,
          'text-line-height': 1.25,
          'symbol-sort-key': ['get', 'order'],
        },
        paint: { 'text-color': '#22272b', 'text-halo-color': 'rgba(255,255,255,0.92)', 'text-halo-width': 1.6 },
      },
    ],
  });
}

/** Puts names and values in place; the values are those of the mapped column, or of another. */
export function nameAreas(map: MapLibre, key = theme.key): void {
  const top = ground.city?.levels[0]?.id;
  const isTop = ground.level?.id === top;
  const set = (id: string, rows: Row[], hasValues: boolean) =>
    (map.getSource(id) as GeoJSONSource | undefined)?.setData({
      type: 'FeatureCollection',
      features: rows.flatMap((row) => labelOf(row, hasValues ? key : null)),
    });
  set('labels:top', places.top.value?.rows ?? [], isTop);
  set('labels:level', isTop ? [] : (places.level.value?.rows ?? []), true);
}

/** A code of many digits is no name: it would cover what the map shows. */
function nameOf(row: Row): string {
  const name = named(row);
  return name === row['code'] && name.length > 8 ? '' : name;
}

function labelOf(row: Row, key: string | null): GeoJSON.Feature[] {
  const center = row['center'];
  if (!Array.isArray(center)) return [];
  const found = key === null ? undefined : theme.byCode.get(String(row['code']));
  const value = found && key !== null && theme.isShaded && !theme.isBivariate && key in found.row ? `${nameOf(row) && '\n'}${told(found.row[key], theme.column)}` : '';
  return [
    {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: center },
      properties: { name: nameOf(row), value, order: -(numberAt(row, 'area_km2') ?? 0) },
    },
  ];
}
