import { describe, expect, it } from 'vitest';
import { bivariateOf, cellOf } from './bivariate.ts';

describe('bivariate cells', () => {
  const pairs = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, 10 - n] as const);
  const edges = bivariateOf(pairs);

  it('counts columns to the right and rows upward', () => {
    expect(pairs.map((pair) => cellOf(pair, edges))).toEqual([6, 6, 6, 4, 4, 4, 2, 2, 2]);
  });

  it('has no cell where one of the two is undefined', () => {
    expect(cellOf([null, 3], edges)).toBeNull();
  });
});
