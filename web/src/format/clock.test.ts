import { describe, expect, it } from 'vitest';
import { clock, minutesOf, moved } from './clock.ts';

it('writes and reads times past midnight', () => {
  expect([0, 485, 1470].map(clock)).toEqual(['00:00', '08:05', '24:30']);
  expect(['00:00', '8:05', '24:30', '8:60', 'noon', '31:00'].map(minutesOf)).toEqual([0, 485, 1470, null, null, null]);
});

describe('a window', () => {
  const bounds = [0, 1800] as const;

  it('takes any time of the service day as it was typed', () => {
    expect(moved([480, 540], 0, 180, 5, bounds)).toEqual([180, 540]);
    expect(moved([180, 540], 1, 210, 5, bounds)).toEqual([180, 210]);
  });

  it('never ends before it begins', () => {
    expect(moved([480, 540], 0, 600, 5, bounds)).toEqual([600, 605]);
    expect(moved([480, 540], 1, 420, 5, bounds)).toEqual([415, 420]);
  });

  it('leaves room for the other time', () => {
    expect(moved([480, 540], 0, 1800, 5, bounds)).toBeNull();
    expect(moved([480, 540], 1, 0, 5, bounds)).toBeNull();
    expect(moved([540], 0, 1800, 5, bounds)).toEqual([1800]);
  });
});
