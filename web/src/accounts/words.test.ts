import { expect, test } from 'vitest';
import { daysLeft } from './words.ts';

test('days that are left are counted up, and none are left at the end', () => {
  const day = 86_400_000;
  expect(daysLeft(10 * day, 9 * day)).toBe(1);
  expect(daysLeft(10 * day, 7 * day - 1)).toBe(4);
  expect(daysLeft(10 * day, 10 * day - 1)).toBe(1);
  expect(daysLeft(10 * day, 10 * day)).toBeNull();
  expect(daysLeft(10 * day, 11 * day)).toBeNull();
});
