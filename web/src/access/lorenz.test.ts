import { expect, it } from 'vitest';
import { shareOfPoorest } from './lorenz.ts';

it('reads the share of the poorest off the curve', () => {
  // Half of the people have a fifth.
  const curve = [[0, 0], [0.5, 0.2], [1, 1]] as const;
  expect(shareOfPoorest(curve, 0.5)).toBeCloseTo(0.2, 12);
  expect(shareOfPoorest(curve, 0.25)).toBeCloseTo(0.1, 12);
  expect(shareOfPoorest(curve, 0.75)).toBeCloseTo(0.6, 12);
  expect(shareOfPoorest([], 0.5)).toBeNull();
});
