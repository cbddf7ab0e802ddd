/** Shapes as they are drawn: files and figures have them with every hole. */

/** Holes up to this size are blocks between streets, square metres; larger ones are parks, rivers and railway land. */
const BLOCK_M2 = 100_000;

const METRES_A_DEGREE = 111_320;

type Ring = GeoJSON.Position[];

/** The polygons of a shape without the blocks that its streets enclose: who lives there is within reach. */
export function withoutBlocks(shape: GeoJSON.Geometry): GeoJSON.MultiPolygon {
  return { type: 'MultiPolygon', coordinates: polygonsOf(shape).map(([outer, ...holes]) => [outer!, ...holes.filter(isLarge)]) };
}

/** The outer edges of a shape, and those of its large holes. */
export function edgesOf(shape: GeoJSON.Geometry): { outer: GeoJSON.MultiLineString; inner: GeoJSON.MultiLineString } {
  const polygons = polygonsOf(shape);
  const lines = (coordinates: Ring[]): GeoJSON.MultiLineString => ({ type: 'MultiLineString', coordinates });
  return { outer: lines(polygons.map(([outer]) => outer!)), inner: lines(polygons.flatMap(([, ...holes]) => holes.filter(isLarge))) };
}

function polygonsOf(shape: GeoJSON.Geometry): Ring[][] {
  if (shape.type === 'Polygon') return shape.coordinates.length > 0 ? [shape.coordinates] : [];
  return shape.type === 'MultiPolygon' ? shape.coordinates.filter((rings) => rings.length > 0) : [];
}

const isLarge = (ring: Ring) => areaOf(ring) > BLOCK_M2;

/** Square metres inside a small ring. */
function areaOf(ring: Ring): number {
  const [first] = ring;
  if (!first) return 0;
  // From its first corner, so that nothing is lost to large numbers.
  const twice = ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    return sum + (x! - first[0]!) * (nextY! - first[1]!) - (nextX! - first[0]!) * (y! - first[1]!);
  }, 0);
  return (Math.abs(twice) / 2) * METRES_A_DEGREE ** 2 * Math.cos((first[1]! * Math.PI) / 180);
}
