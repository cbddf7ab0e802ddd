import { expect, test } from 'vitest';
import { lineEdit, metres, streetEdit } from './sketch.ts';

const a = { lon: 113, lat: 23 };
const b = { lon: 113, lat: 23.01 };

test('a hundredth of a degree northward is 1,112 m', () => {
  expect(metres(a, b)).toBeCloseTo(1111.95, 1);
});

test('a line stops at stations that were hit and takes its time between stops', () => {
  const edit = lineEdit([{ ...a, station: 's1' }, b], { name: '30号线', mode: 'metro', headway_min: 4, speed_km_h: 40 });
  expect(edit).toEqual({
    kind: 'line',
    name: '30号线',
    mode: 'metro',
    stops: [
      { station: 's1', dwell_s: 30, run_s: 100 },
      { lon: 113, lat: 23.01, name: '30号线 2', dwell_s: 30 },
    ],
    headways: [{ from: '06:00', until: '23:00', headway_min: 4 }],
  });
});

test('a street has its points in their order', () => {
  expect(streetEdit([a, b])).toEqual({ kind: 'street', points: [[113, 23], [113, 23.01]] });
});
