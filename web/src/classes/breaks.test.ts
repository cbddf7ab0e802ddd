import { describe, expect, it } from 'vitest';
import { breaksOf, classOf, countClasses, histogram, tidyBreaks } from './breaks.ts';

describe('class breaks', () => {
  it('puts a value on an edge in the class above', () => {
    expect([0.5, 0.8, 1, 1.2, 9].map((v) => classOf(v, [0.8, 1.2]))).toEqual([0, 1, 1, 2, 2]);
  });

  it('gives quantile classes equal numbers', () => {
    const values = Array.from({ length: 100 }, (_, i) => i * i);
    const breaks = breaksOf('quantile', values, 5);
    expect(countClasses(values, breaks)).toEqual([20, 20, 20, 20, 20]);
  });

  it('gives those who have the least a class of their own where they are many', () => {
    const values = [...Array.from({ length: 60 }, () => 0), ...Array.from({ length: 40 }, (_, i) => i + 1)];
    const breaks = breaksOf('quantile', values, 5);
    expect(countClasses(values, breaks)).toEqual([60, 10, 10, 10, 10]);
  });

  it('finds the groups that anyone would see', () => {
    const values = [1, 2, 2, 3, 50, 51, 52, 200, 201];
    expect(breaksOf('jenks', values, 3)).toEqual([50, 200]);
  });

  it('is as good as trying every cut', () => {
    const values = [4, 1, 7, 7.5, 3, 12, 20, 21, 2, 15, 9];
    const sorted = values.toSorted((a, b) => a - b);
    const cost = (part: number[]) => {
      const mean = part.reduce((a, b) => a + b, 0) / part.length;
      return part.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    };
    let least = Infinity;
    for (let a = 1; a < sorted.length - 1; a++)
      for (let b = a + 1; b < sorted.length; b++)
        least = Math.min(least, cost(sorted.slice(0, a)) + cost(sorted.slice(a, b)) + cost(sorted.slice(b)));
    const breaks = breaksOf('jenks', values, 3);
    const parts = [0, 1, 2].map((c) => sorted.filter((v) => classOf(v, breaks) === c));
    expect(parts.reduce((sum, part) => sum + cost(part), 0)).toBeCloseTo(least, 9);
  });

  it('rounds equal steps to what a person would write', () => {
    expect(breaksOf('equal', [0, 1000], 4)).toEqual([250, 500, 750]);
    expect(breaksOf('equal', [3, 103.7], 5)).toEqual([23, 43, 63, 84]);
  });

  it('gives no edges where all values are the same', () => {
    for (const method of ['quantile', 'jenks', 'equal'] as const) expect(breaksOf(method, [5, 5, 5], 5)).toEqual([]);
    expect(breaksOf('quantile', [], 5)).toEqual([]);
  });

  it('never leaves out a value', () => {
    const values = [0, 0, 0, 0, 1, 5, 5, 9];
    for (const method of ['quantile', 'jenks', 'equal'] as const) {
      const counts = countClasses(values, breaksOf(method, values, 5));
      expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length);
    }
  });

  it('tidies custom edges from a link', () => {
    expect(tidyBreaks([3, 1, Number.NaN, 3, 2])).toEqual([1, 2, 3]);
  });

  it('counts the greatest value into the last bar', () => {
    expect(histogram([0, 1, 2, 3, 4], 4, [0, 4]).counts).toEqual([1, 1, 1, 2]);
  });
});
