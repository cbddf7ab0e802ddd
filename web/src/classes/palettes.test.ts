import { describe, expect, it } from 'vitest';
import { BIVARIATE, PALETTES, PALETTE_IDS, colorsOf } from './palettes.ts';

/** Relative luminance of WCAG 2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe('palettes', () => {
  it('gives one colour for each class, all different', () => {
    for (const id of PALETTE_IDS)
      for (let n = 1; n <= 9; n++) expect(new Set(colorsOf(id, n)).size).toBe(n);
  });

  it('darkens with the value in sequential ramps, so that it reads in grey', () => {
    for (const id of PALETTE_IDS.filter((id) => !PALETTES[id].diverging))
      for (let n = 3; n <= 9; n++) {
        const light = colorsOf(id, n).map(luminance);
        expect(light.toSorted((a, b) => b - a)).toEqual(light);
      }
  });

  it('keeps the neutral tone for the class with the named middle', () => {
    for (const middle of [0, 1, 2, 3, 4]) {
      const light = colorsOf('PuOr', 5, middle).map(luminance);
      expect(light.indexOf(Math.max(...light))).toBe(middle);
    }
  });

  it('returns the printed colours at the steps of the ramp', () => {
    expect(colorsOf('BrBG', 3)[1]).toBe('#f5f5f5');
  });

  it('has nine bivariate colours', () => {
    expect(new Set(BIVARIATE).size).toBe(9);
  });
});
