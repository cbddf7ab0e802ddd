/** Two variables at once: each in three classes of equal numbers (三分位). */
import { breaksOf, classOf } from './breaks.ts';

export interface Bivariate {
  /** Inner edges of the variable along the bottom and of the one up the side. */
  across: number[];
  up: number[];
}

type Pair = readonly [across: number | null, up: number | null];

export function bivariateOf(pairs: readonly Pair[]): Bivariate {
  const known = (values: (number | null)[]) => values.filter((value) => value !== null);
  return {
    across: breaksOf('quantile', known(pairs.map((pair) => pair[0])), 3),
    up: breaksOf('quantile', known(pairs.map((pair) => pair[1])), 3),
  };
}

/** The cell of a pair: 3 · row + column, from the bottom left; null where one is undefined. */
export function cellOf([across, up]: Pair, edges: Bivariate): number | null {
  if (across === null || up === null) return null;
  return 3 * classOf(up, edges.up) + classOf(across, edges.across);
}
