import { describe, expect, it } from 'vitest';
import { servedEvery, usualWindow } from './window.ts';

const hours = (first_departure: string, last_departure: string) => ({ first_departure, last_departure, last_arrival: '26:00' });

describe('the window that nobody chose', () => {
  it('is the usual hour where vehicles run in it', () => {
    expect(usualWindow(hours('05:30', '23:10'))).toEqual({ from: 480, to: 540 });
    expect(usualWindow(null)).toEqual({ from: 480, to: 540 });
  });

  it('else lies within the service', () => {
    expect(usualWindow(hours('11:00:00', '16:59:00'))).toEqual({ from: 660, to: 720 });
    expect(usualWindow(hours('08:30', '17:00'))).toEqual({ from: 540, to: 600 });
    expect(usualWindow(hours('05:00', '08:30'))).toEqual({ from: 300, to: 360 });
  });

  it('is as short as a service of less than an hour', () => {
    expect(usualWindow(hours('12:10', '12:40:30'))).toEqual({ from: 730, to: 760 });
    expect(usualWindow(hours('12:10', '12:10'))).toEqual({ from: 730, to: 735 });
  });
});

it('a day is played while vehicles run', () => {
  expect(servedEvery(30, hours('11:10', '13:05'))).toEqual([690, 720, 750, 780]);
  expect(servedEvery(30, hours('11:10', '11:20'))).toEqual([690]);
  expect(servedEvery(60, null)).toEqual(Array.from({ length: 17 }, (_, i) => 360 + i * 60));
});
