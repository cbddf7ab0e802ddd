interface At {
  lon: number;
  lat: number;
}

/**
 * The stops of a line from one end to the other, as far as their places tell: each is followed by the nearest of those
 * that are left, from the end that makes the whole shortest. The northern end is first, else the western.
 */
export function alongLine<T extends At>(stops: readonly T[]): T[] {
  if (stops.length < 3) return [...stops].toSorted(fromNorth);
  const chains = stops.map((stop) => chainFrom(stop, stops));
  const shortest = chains.reduce((best, chain) => (chain.length < best.length - 1e-12 ? chain : best));
  const found = shortest.stops;
  return fromNorth(found[0]!, found.at(-1)!) > 0 ? found.toReversed() : found;
}

const fromNorth = (a: At, b: At) => b.lat - a.lat || a.lon - b.lon;

function chainFrom<T extends At>(first: T, stops: readonly T[]): { stops: T[]; length: number } {
  const left = new Set(stops);
  left.delete(first);
  const chain = [first];
  let length = 0;
  while (left.size > 0) {
    const last = chain.at(-1)!;
    const next = [...left].reduce((near, stop) => (apart(last, stop) < apart(last, near) ? stop : near));
    length += apart(last, next);
    chain.push(next);
    left.delete(next);
  }
  return { stops: chain, length };
}

/** How far apart two places are, in degrees of latitude; good enough to tell which is nearer. */
const apart = (a: At, b: At) => Math.hypot((a.lon - b.lon) * Math.cos((a.lat * Math.PI) / 180), a.lat - b.lat);
