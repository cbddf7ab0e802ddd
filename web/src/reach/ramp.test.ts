import { expect, it } from 'vitest';
import { paintOf, seenOf } from './ramp.ts';

/** Grey values of the accent and of the land, 0–255. */
const [ACCENT, LAND] = [81, 246];
const grey = (opacity: number) => LAND + (ACCENT - LAND) * opacity;

it('tells cutoffs apart, in grey too', () => {
  for (const n of [1, 2, 3, 4]) {
    const greys = [LAND, ...Array.from({ length: n }, (_, i) => grey(seenOf(n, n - 1 - i)))];
    for (let i = 1; i < greys.length; i++) expect(greys[i - 1]! - greys[i]!).toBeGreaterThan(15);
  }
});

it('is what painting one upon the other comes to', () => {
  expect(seenOf(3, 2)).toBeCloseTo(paintOf(3));
  expect(seenOf(3, 1)).toBeCloseTo(1 - (1 - paintOf(3)) ** 2);
});
