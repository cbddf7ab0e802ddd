import { expect, test } from 'vitest';
import type { LayerSpecification, Map as MapLibre } from 'maplibre-gl';
import { reconcile, shownLayers, type Drawing } from './reconcile.ts';

/** A map that only keeps the names of its sources and layers. */
function bare() {
  const layers = new Map<string, LayerSpecification>();
  const sources = new Set<string>();
  const map = {
    getLayer: (id: string) => layers.get(id),
    addLayer: (layer: LayerSpecification) => void layers.set(layer.id, layer),
    removeLayer: (id: string) => void layers.delete(id),
    getSource: (id: string) => (sources.has(id) ? {} : undefined),
    addSource: (id: string) => void sources.add(id),
    removeSource: (id: string) => void sources.delete(id),
    setPaintProperty: (id: string, key: string, value: unknown) => void Object.assign(layers.get(id)!.paint!, { [key]: value }),
  };
  return { map: map as unknown as MapLibre, layers, sources };
}

const of = (source: string, opacity = 1): Drawing => ({
  sources: { [source]: { type: 'vector', tiles: [source] } },
  layers: [{ slot: 'theme', id: 'fill', type: 'fill', source, 'source-layer': source, paint: { 'fill-opacity': opacity } }],
});

test('a layer that only changes its paint keeps its name', () => {
  const { map, layers } = bare();
  reconcile(map, 'areas', of('district'));
  reconcile(map, 'areas', of('district', 0.5));
  expect(shownLayers(map, ['fill'])).toEqual(['fill']);
  expect(layers.get('fill')?.paint).toEqual({ 'fill-opacity': 0.5 });
});

test('a layer that comes back has a name that no tile of the old one knows', () => {
  const { map, layers, sources } = bare();
  const seen = new Set<string>();
  for (const source of ['district', 'subdistrict', 'district', 'subdistrict']) {
    reconcile(map, 'areas', of(source));
    const [name] = shownLayers(map, ['fill']);
    expect(seen).not.toContain(name);
    seen.add(name!);
    expect([...layers.keys()]).toEqual([name]);
    expect([...sources]).toEqual([source]);
  }
  reconcile(map, 'areas', { sources: {}, layers: [] });
  expect(shownLayers(map, ['fill'])).toEqual([]);
});
