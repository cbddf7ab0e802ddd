import { expect, test } from 'vitest';
import { standingOf } from './standing.ts';

const rows = [
  { code: 'a', jobs: 5 },
  { code: 'b', jobs: 9 },
  { code: 'c', jobs: 5 },
  { code: 'd', jobs: null },
];

test('equal values share a rank and undefined ones are not counted', () => {
  expect(standingOf(rows, 'jobs', 'b')).toEqual({ rank: 1, of: 3 });
  expect(standingOf(rows, 'jobs', 'a')).toEqual({ rank: 2, of: 3 });
  expect(standingOf(rows, 'jobs', 'c')).toEqual({ rank: 2, of: 3 });
  expect(standingOf(rows, 'jobs', 'd')).toBeNull();
  expect(standingOf(rows, 'homes', 'a')).toBeNull();
});
