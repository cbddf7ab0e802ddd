import type { ExpressionSpecification, Map as MapLibre } from 'maplibre-gl';
import { asked, ground } from '../state/city.svelte.ts';
import { tilesUrl } from '../api/questions.ts';
import { NO_DATA } from '../classes/palettes.ts';
import { theme } from '../state/theme.svelte.ts';
import { ACCENT, GROUND } from './ground.ts';
import { reconcile, type Drawing } from './reconcile.ts';

/** The levels that a map has shown: their layers are hidden and never taken away, since a tile that is still being read knows them. */
const once = new WeakMap<MapLibre, Set<string>>();

/** The layer that answers to the pointer. */
export const areaFill = () => `theme-fill:${ground.level?.layer ?? ''}`;

/** From so many areas on their boundaries are drawn finely. */
const MANY = 500;

const sourceOf = (layer: string) => `tiles:${layer}`;
const state = (key: string): ExpressionSpecification => ['feature-state', key];
const is = (key: string): ExpressionSpecification => ['boolean', state(key), false];

/** The areas of the chosen level in the colours of their classes, and the boundaries of all shown levels. */
export function drawAreas(map: MapLibre, tiles = tilesUrl): void {
  const level = ground.level;
  const levels = ground.city?.levels ?? [];
  if (!level) return;
  const shown = levels.filter((other) => other.id === level.id || ground.visible.has(other.layer));
  const coloured = (once.get(map) ?? new Set()).add(level.layer);
  once.set(map, coloured);
  const needed = new Set([levels[0]!.layer, ...coloured, ...shown.map((other) => other.layer)]);
  const drawing: Drawing = { sources: {}, layers: [] };
  for (const layer of needed) {
    drawing.sources[sourceOf(layer)] = {
      type: 'vector',
      tiles: [tiles(layer, asked())],
      maxzoom: 14,
      promoteId: { [layer]: 'code' },
    };
  }
  const of = (layer: string) => ({ source: sourceOf(layer), 'source-layer': layer });
  const visibleAt = (layer: string) => ({ visibility: layer === level.layer ? ('visible' as const) : ('none' as const) });
  drawing.layers.push({
    slot: 'land',
    id: 'land',
    type: 'fill',
    ...of(levels[0]!.layer),
    paint: { 'fill-color': GROUND.land, 'fill-antialias': false },
  });
  // Classes stay with the areas; after a refusal they answer nothing.
  const isShaded = theme.isShaded && (theme.fits || theme.answer.loading);
  const colors = theme.colors.flatMap((color, i) => [i, color]);
  for (const layer of coloured) {
    drawing.layers.push({
      slot: 'theme',
      id: `theme-fill:${layer}`,
      type: 'fill',
      ...of(layer),
      layout: visibleAt(layer),
      paint: {
        'fill-color': ['match', ['coalesce', state('class'), -2], -1, NO_DATA, ...colors, 'rgba(0,0,0,0)'] as unknown as ExpressionSpecification,
        // Always told by state: a constant in between leaves tiles whose states can no longer be set.
        'fill-opacity': ['case', is('dimmed'), isShaded ? 0.12 : 0, isShaded ? theme.opacity : 0],
      },
    });
  }
  for (const [i, other] of levels.entries()) {
    if (!shown.includes(other) && i > 0) continue;
    // Lines among thousands of small areas must not cover what is mapped.
    const isLargest = i === 0 && other.areas <= MANY;
    drawing.layers.push(
      {
        slot: 'boundaries',
        id: `casing:${other.id}`,
        type: 'line',
        ...of(other.layer),
        layout: { 'line-join': 'round' },
        paint: { 'line-color': GROUND.casing, 'line-opacity': isLargest ? 0.75 : 0.4, 'line-width': isLargest ? 3.2 : other.areas > MANY ? ['interpolate', ['linear'], ['zoom'], 11, 0, 13, 1.6] : 1.6 },
      },
      {
        slot: 'boundaries',
        id: `boundary:${other.id}`,
        type: 'line',
        ...of(other.layer),
        layout: { 'line-join': 'round' },
        paint: {
          'line-color': GROUND.boundary,
          'line-opacity': isLargest ? 0.85 : 0.35,
          'line-width': isLargest ? ['interpolate', ['linear'], ['zoom'], 8, 0.8, 12, 1.6] : ['interpolate', ['linear'], ['zoom'], 8, other.areas > MANY ? 0.1 : 0.3, 12, other.areas > MANY ? 0.5 : 0.8, 14, 0.8],
        },
      },
    );
  }
  drawing.layers.sort((a, b) => rank(a.id, levels.map((l) => l.id)) - rank(b.id, levels.map((l) => l.id)));
  for (const layer of coloured) drawing.layers.push(
    {
      slot: 'outlines',
      id: `outline-casing:${layer}`,
      type: 'line',
      ...of(layer),
      layout: { 'line-join': 'round', ...visibleAt(layer) },
      paint: { 'line-color': '#ffffff', 'line-width': ['interpolate', ['linear'], ['zoom'], 8, ['case', is('chosen'), 4.5, is('hovered'), 3.5, 0], 11, ['case', is('chosen'), 6, is('hovered'), 4, 0]] },
    },
    {
      slot: 'outlines',
      id: `outline:${layer}`,
      type: 'line',
      ...of(layer),
      layout: { 'line-join': 'round', ...visibleAt(layer) },
      paint: {
        'line-color': ['case', is('chosen'), ACCENT, '#22272b'],
        'line-width': ['interpolate', ['linear'], ['zoom'], 8, ['case', is('chosen'), 2.2, is('hovered'), 1.6, 0], 11, ['case', is('chosen'), 3, is('hovered'), 1.8, 0]],
      },
    },
  );
  reconcile(map, 'areas', drawing);
}

/** Smaller areas' lines go under those of larger ones. */
function rank(id: string, levels: string[]): number {
  const level = levels.indexOf(id.split(':')[1] ?? '');
  return level < 0 ? -1 : levels.length - level;
}

/** Tells each area its class. */
export function classifyAreas(map: MapLibre, byCode: ReadonlyMap<string, { class: number | null }> = theme.byCode): void {
  const layer = ground.level?.layer;
  if (!layer || !map.getSource(sourceOf(layer))) return;
  const place = { source: sourceOf(layer), sourceLayer: layer };
  for (const [code, found] of byCode) {
    map.setFeatureState({ ...place, id: code }, { class: found.class ?? -1, dimmed: !theme.passes(found.class) });
  }
}

/** Marks one area with a state that only one area has. */
export function markArea(map: MapLibre, key: 'hovered' | 'chosen', code: string | null): () => void {
  const layer = ground.level?.layer;
  if (!layer || code === null || !map.getSource(sourceOf(layer))) return () => {};
  const target = { source: sourceOf(layer), sourceLayer: layer, id: code };
  map.setFeatureState(target, { [key]: true });
  return () => {
    if (map.getSource(target.source)) map.setFeatureState(target, { [key]: false });
  };
}
