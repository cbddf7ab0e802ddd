import { describe, expect, it } from 'vitest';
import { edgesOf, withoutBlocks } from './outlines.ts';

/** A square ring with its lower left corner at a place, degrees. */
const square = (lon: number, lat: number, side: number): GeoJSON.Position[] => [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]];

const outer = square(-51.2, -30, 0.05);
/** About 290 m by 330 m, and 960 m by 1,110 m. */
const [block, park] = [square(-51.19, -29.99, 0.003), square(-51.17, -29.98, 0.01)];

describe('what is within reach', () => {
  it('is painted over the blocks between its streets and not over a park', () => {
    expect(withoutBlocks({ type: 'Polygon', coordinates: [outer, block, park] }).coordinates).toEqual([[outer, park]]);
    expect(withoutBlocks({ type: 'MultiPolygon', coordinates: [[block], [outer, block]] }).coordinates).toEqual([[block], [outer]]);
  });

  it('is outlined at its outer edges, large holes apart', () => {
    const edges = edgesOf({ type: 'MultiPolygon', coordinates: [[outer, block, park], [block]] });
    expect(edges.outer.coordinates).toEqual([outer, block]);
    expect(edges.inner.coordinates).toEqual([park]);
  });

  it('may be nothing', () => {
    expect(withoutBlocks({ type: 'MultiPolygon', coordinates: [] }).coordinates).toEqual([]);
    expect(edgesOf({ type: 'Point', coordinates: [0, 0] }).outer.coordinates).toEqual([]);
  });
});
