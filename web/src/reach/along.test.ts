import { describe, expect, it } from 'vitest';
import { alongLine } from './along.ts';

const stop = (name: string, lon: number, lat: number) => ({ name, lon, lat });
const names = (stops: { name: string }[]) => stops.map(({ name }) => name).join('');

describe('the stops of a line', () => {
  it('come in running order, from the northern end', () => {
    const line = [stop('c', 113.3, 23.12), stop('a', 113.3, 23.16), stop('e', 113.34, 23.1), stop('d', 113.32, 23.1), stop('b', 113.3, 23.14)];
    expect(names(alongLine(line))).toBe('abcde');
  });

  it('follow a bend that comes back near its start', () => {
    const line = [stop('d', 113.4, 23.0), stop('b', 113.3, 23.0), stop('c', 113.35, 22.98), stop('a', 113.3, 23.05), stop('e', 113.4, 23.05), stop('f', 113.4, 23.09)];
    expect(names(alongLine(line).toReversed())).toBe('abcdef');
  });

  it('may be few', () => {
    expect(names(alongLine([stop('s', 113, 22), stop('n', 113, 23)]))).toBe('ns');
    expect(alongLine([])).toEqual([]);
  });
});
