import type { LayerSpecification, Map as MapLibre, SourceSpecification } from 'maplibre-gl';
import { beforeId, type Slot } from './zorder.ts';

type PaintKey = Parameters<MapLibre['setPaintProperty']>[1];
type LayoutKey = Parameters<MapLibre['setLayoutProperty']>[1];
type Slotted = LayerSpecification & { slot: Slot };

/** What one part of the map wants drawn: named sources, and layers each in its slot. */
export interface Drawing {
  sources: Record<string, SourceSpecification>;
  layers: Slotted[];
}

const drawn = new WeakMap<MapLibre, Map<string, Drawing>>();

/** The name each layer goes by on the map: one that comes back gets a new one, see `nameAnew`. */
const names = new WeakMap<MapLibre, Map<string, string>>();

const namesOf = (map: MapLibre) => {
  const found = names.get(map) ?? new Map<string, string>();
  names.set(map, found);
  return found;
};

/** Those of the layers that the map shows now, by their names there. */
export function shownLayers(map: MapLibre, ids: string[]): string[] {
  return ids.map((id) => namesOf(map).get(id) ?? id).filter((name) => map.getLayer(name));
}

/**
 * A name for a layer about to be added. A tile still being read for the layer that went before must not be
 * taken for one of this layer: its states would be set before the new layer's paint is known.
 */
function nameAnew(map: MapLibre, id: string): string {
  const before = namesOf(map).get(id);
  const name = before === undefined ? id : `${id}#${Number(before.slice(id.length + 1) || 0) + 1}`;
  namesOf(map).set(id, name);
  return name;
}

/** Makes the map show `next` for `part`, touching only what differs from what it showed before. */
export function reconcile(map: MapLibre, part: string, next: Drawing): void {
  const parts = drawn.get(map) ?? new Map<string, Drawing>();
  drawn.set(map, parts);
  const before = parts.get(part) ?? { sources: {}, layers: [] };
  const stale = new Set(
    Object.keys(before.sources).filter((id) => JSON.stringify(before.sources[id]) !== JSON.stringify(next.sources[id])),
  );
  const kept = new Map<string, Slotted>();
  for (const layer of before.layers) {
    const wanted = next.layers.find((candidate) => candidate.id === layer.id);
    const same = wanted && sameFrame(layer, wanted) && !stale.has(sourceOf(layer));
    if (same) kept.set(layer.id, layer);
    else for (const name of shownLayers(map, [layer.id])) map.removeLayer(name);
  }
  for (const id of stale) if (map.getSource(id)) map.removeSource(id);
  for (const [id, source] of Object.entries(next.sources)) if (!map.getSource(id)) map.addSource(id, source);
  for (const layer of next.layers) {
    const old = kept.get(layer.id);
    if (old) update(map, old, layer);
    else {
      const { slot, ...specification } = layer;
      map.addLayer({ ...specification, id: nameAnew(map, layer.id) } as LayerSpecification, beforeId(slot));
    }
  }
  parts.set(part, next);
}

const sourceOf = (layer: LayerSpecification) => ('source' in layer ? (layer.source as string) : '');

const frame = (layer: Slotted) =>
  JSON.stringify([layer.slot, layer.type, sourceOf(layer), 'source-layer' in layer ? layer['source-layer'] : '', layer.minzoom, layer.maxzoom]);

const sameFrame = (a: Slotted, b: Slotted) => frame(a) === frame(b);

function update(map: MapLibre, old: Slotted, next: Slotted): void {
  const changed = (a: object | undefined, b: object | undefined) => {
    const [from, to] = [(a ?? {}) as Record<string, unknown>, (b ?? {}) as Record<string, unknown>];
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .filter((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]))
      .map((key) => [key, to[key]] as const);
  };
  const name = namesOf(map).get(next.id) ?? next.id;
  for (const [key, value] of changed(old.paint, next.paint)) map.setPaintProperty(name, key as PaintKey, value as never);
  for (const [key, value] of changed(old.layout, next.layout)) map.setLayoutProperty(name, key as LayoutKey, value as never);
  const filterOf = (layer: Slotted) => ('filter' in layer ? layer.filter : undefined);
  if (JSON.stringify(filterOf(old)) !== JSON.stringify(filterOf(next))) map.setFilter(name, filterOf(next) ?? null);
}
