import { expect, it } from 'vitest';
import { clock, minutesOf } from './clock.ts';

it('writes and reads times past midnight', () => {
  expect([0, 485, 1470].map(clock)).toEqual(['00:00', '08:05', '24:30']);
  expect(['00:00', '8:05', '24:30', '8:60', 'noon', '31:00'].map(minutesOf)).toEqual([0, 485, 1470, null, null, null]);
});
