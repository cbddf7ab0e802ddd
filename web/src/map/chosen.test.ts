import { expect, test } from 'vitest';
import { markOf } from './chosen.ts';

test('a place is ringed, a line or a shape is outlined, and nothing is left of what was closed', () => {
  const types = (place: GeoJSON.Geometry | null) => markOf(place).layers.map((layer) => `${layer.slot} ${layer.type}`);
  expect(types({ type: 'Point', coordinates: [113, 23] })).toEqual(['chosen circle', 'chosen circle']);
  expect(types({ type: 'LineString', coordinates: [[113, 23], [114, 23]] })).toEqual(['chosen line', 'chosen line']);
  expect(types({ type: 'Polygon', coordinates: [[[113, 23], [114, 23], [114, 24], [113, 23]]] })).toEqual(['chosen line', 'chosen line']);
  expect(markOf(null)).toEqual({ sources: {}, layers: [] });
});
