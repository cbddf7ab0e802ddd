import type { ExpressionSpecification, Map as MapLibre } from 'maplibre-gl';
import { tilesUrl } from '../api/questions.ts';
import type { Layer } from '../api/types.ts';
import { change } from '../state/change.svelte.ts';
import { asked, ground, isThere } from '../state/city.svelte.ts';
import { scenario } from '../state/scenario.svelte.ts';
import { stations } from '../state/stations.svelte.ts';
import { theme } from '../state/theme.svelte.ts';
import { view } from '../state/view.svelte.ts';
import { LABEL_FONT } from './fonts.ts';
import { ACCENT, GROUND } from './ground.ts';
import { reconcile, shownLayers, type Drawing } from './reconcile.ts';

/** The greatest value in view, by layer and whole zoom: what the largest circle stands for. */
export type Scales = Record<string, number>;

export const markId = (layer: string) => `marks:${layer}`;

/** The layers whose places are drawn, and those that a mode needs beside them. */
export function markedLayers(): Layer[] {
  const visible = new Set(ground.visible);
  if (view.mode === 'reach' && ground.stations) visible.add(ground.stations.id);
  // What is being put, moved or counted in a scenario is seen.
  if (view.mode === 'scenario' && view.scenario !== null) for (const layer of ground.layers) if (layer.kind === 'facility' && layer.geometry === 'point' && scenario.touches(layer.id)) visible.add(layer.id);
  const isPoints = view.mode === 'browse' && view.display === 'points';
  if (isPoints) visible.add(theme.subject.split('.')[0]!);
  if (view.mode !== 'browse' && view.mode !== 'scenario') {
    for (const layer of ground.layers) {
      // Where no areas show who lives where, the homes do.
      const isMap = !ground.level && !theme.isCells && view.mode !== 'reach' && layer.kind === 'residence';
      if (view.layers !== null) continue;
      if (isMap) visible.add(layer.id);
      else if (layer.kind !== 'station' && layer.kind !== 'ground') visible.delete(layer.id);
    }
  }
  return ground.layers.filter((layer) => layer.kind !== 'area' && layer.features > 0 && isThere(layer) && visible.has(layer.id));
}

/** The count that a layer's circles show: the mapped one, else the layer's own. */
export function sizedBy(layer: Layer): string | null {
  const [subjectLayer, attribute] = theme.subject.split('.');
  if (view.mode === 'browse' && view.display === 'points' && subjectLayer === layer.id) return attribute ?? null;
  return layer.kind === 'residence' || layer.kind === 'workplace' ? layer.style.attribute : null;
}

/** Points, lines and outlines of the visible layers. */
export function drawMarks(map: MapLibre, scales: Scales, tiles = tilesUrl): void {
  const drawing: Drawing = { sources: {}, layers: [] };
  for (const layer of markedLayers()) {
    const source = `tiles:${layer.id}`;
    drawing.sources[source] = { type: 'vector', tiles: [tiles(layer.id, asked())], maxzoom: 16, promoteId: { [layer.id]: 'id' } };
    const of = { source, 'source-layer': layer.id };
    if (layer.geometry === 'point') points(drawing, layer, of, scales);
    else if (layer.geometry === 'line') {
      drawing.layers.push({
        slot: layer.kind === 'ground' ? 'streets' : 'lines',
        id: markId(layer.id),
        type: 'line',
        ...of,
        paint: {
          'line-color': layer.kind === 'ground' ? GROUND.streets : layer.style.color,
          'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.4, 15, 2.5],
        },
      });
    } else {
      drawing.layers.push({
        slot: layer.kind === 'ground' ? 'water' : 'lines',
        id: markId(layer.id),
        type: 'fill',
        ...of,
        paint: {
          'fill-color': layer.kind === 'ground' ? GROUND.water : layer.style.color,
          'fill-opacity': layer.kind === 'ground' ? 1 : 0.45,
        },
      });
    }
  }
  reconcile(map, 'marks', drawing);
}

type Of = { source: string; 'source-layer': string };

function points(drawing: Drawing, layer: Layer, of: Of, scales: Scales): void {
  if (layer.kind === 'station') {
    drawStations(drawing, layer, of);
    return;
  }
  const sized = sizedBy(layer);
  const count: ExpressionSpecification = ['to-number', ['coalesce', ['get', sized ?? 'features'], sized ? 0 : 1]];
  const most = scales[layer.id] ?? 0;
  const radius: ExpressionSpecification =
    most > 0
      ? ['interpolate', ['linear'], ['sqrt', count], 0, sized ? 0.8 : 2, Math.sqrt(most), sized ? 13 : 9]
      : ['interpolate', ['linear'], ['zoom'], 8, 1.2, 16, 4];
  drawing.layers.push({
    slot: 'points',
    id: markId(layer.id),
    type: 'circle',
    ...of,
    layout: { 'circle-sort-key': ['-', 0, count] },
    paint: {
      'circle-radius': sized || most > 1 ? radius : ['interpolate', ['linear'], ['zoom'], 8, 2, 12, 3.5, 16, 6],
      'circle-color': layer.style.color,
      'circle-opacity': sized ? 0.55 : 0.85,
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 9, 0.3, 13, 1],
    },
  });
}

/** The chosen ones; where two sets are compared, those of both. */
function chosenStations(): string[] {
  const sets = view.tab === 'change' ? change.sets : null;
  return sets ? stations.idsOf([...sets.before, ...sets.after]) : [...stations.chosen];
}

function drawStations(drawing: Drawing, layer: Layer, of: Of): void {
  const isMode = view.mode === 'reach';
  const selected = view.selection?.kind === 'feature' && view.selection.layer === layer.id ? [view.selection.id] : [];
  const chosen: ExpressionSpecification = ['in', ['get', 'id'], ['literal', isMode ? chosenStations() : selected]];
  drawing.layers.push(
    {
      slot: 'station-marks',
      id: markId(layer.id),
      type: 'circle',
      ...of,
      paint: {
        'circle-radius': isMode
          ? ['interpolate', ['linear'], ['zoom'], 8, ['case', chosen, 5, 3], 12, ['case', chosen, 8, 5.5]]
          : ['interpolate', ['linear'], ['zoom'], 8, ['case', chosen, 5, 1.5], 10, ['case', chosen, 6, 2.8], 13, ['case', chosen, 8, 5]],
        // Across the whole city the dots step back behind the areas.
        'circle-stroke-opacity': isMode ? 1 : ['interpolate', ['linear'], ['zoom'], 8.5, ['case', chosen, 1, 0.55], 10, 1],
        'circle-color': ['case', chosen, ACCENT, '#ffffff'],
        'circle-stroke-color': ['case', chosen, '#ffffff', layer.style.color],
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 8, 0.9, 13, 1.8],
      },
    },
    {
      slot: 'labels',
      id: `names:${layer.id}`,
      type: 'symbol',
      ...of,
      minzoom: isMode ? 10 : 11.5,
      layout: {
        'text-field': ['coalesce', ['get', view.lang === 'en' ? 'name_en' : 'name'], ['get', 'name'], ''],
        'text-font': [LABEL_FONT],
        'text-size': 11.5,
        'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
        'text-radial-offset': 0.8,
        'text-justify': 'auto',
      },
      paint: { 'text-color': '#0a4d52', 'text-halo-color': 'rgba(255,255,255,0.92)', 'text-halo-width': 1.4 },
    },
  );
}

/** The greatest value drawn now of each sized layer. */
export function measureMarks(map: MapLibre): Scales {
  const scales: Scales = {};
  for (const layer of markedLayers()) {
    const layers = shownLayers(map, [markId(layer.id)]);
    if (layer.geometry !== 'point' || layer.kind === 'station' || layers.length === 0) continue;
    const key = sizedBy(layer) ?? 'features';
    let most = 0;
    for (const feature of map.queryRenderedFeatures({ layers })) {
      const value = Number(feature.properties[key]);
      if (value > most) most = value;
    }
    if (most > 0) scales[layer.id] = most;
  }
  return scales;
}
