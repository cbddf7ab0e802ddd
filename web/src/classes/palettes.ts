/**
 * Colour ramps that people with colour-blindness can read.
 *
 * The nine-step ramps are ColorBrewer's (Brewer, Harrower and The Pennsylvania State University,
 * Apache 2.0), chosen from its colour-blind-safe set.
 */
export type PaletteId = 'YlGnBu' | 'YlOrBr' | 'BuPu' | 'Greys' | 'BrBG' | 'PuOr';

interface Palette {
  diverging: boolean;
  ramp: readonly string[];
}

export const PALETTES: Record<PaletteId, Palette> = {
  YlGnBu: ramp('ffffd9 edf8b1 c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 253494 081d58'),
  YlOrBr: ramp('ffffe5 fff7bc fee391 fec44f fe9929 ec7014 cc4c02 993404 662506'),
  BuPu: ramp('f7fcfd e0ecf4 bfd3e6 9ebcda 8c96c6 8c6bb1 88419d 810f7c 4d004b'),
  Greys: ramp('ffffff f0f0f0 d9d9d9 bdbdbd 969696 737373 525252 252525 000000'),
  BrBG: diverging('8c510a bf812d dfc27d f6e8c3 f5f5f5 c7eae5 80cdc1 35978f 01665e'),
  PuOr: diverging('b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788'),
};

export const PALETTE_IDS = Object.keys(PALETTES) as PaletteId[];

/** What is drawn where there is no value. */
export const NO_DATA = '#cfcecb';

/**
 * One colour for each of `classes` classes, low to high.
 *
 * A diverging palette keeps its neutral tone for class `middle`, the one that holds the named
 * middle; without it, for the class in the middle.
 */
export function colorsOf(id: PaletteId, classes: number, middle?: number): string[] {
  const palette = PALETTES[id];
  if (!palette.diverging) {
    // The palest step vanishes on the ground and the darkest hides the lines.
    const [from, until] = id === 'Greys' ? [0.1, 0.85] : [0.06, 0.82];
    return spread(classes).map((t) => sample(palette.ramp, from + t * (until - from)));
  }
  const center = middle ?? (classes - 1) / 2;
  const arm = Math.max(center, classes - 1 - center);
  return Array.from({ length: classes }, (_, i) => {
    const side = arm === 0 ? 0 : (i - center) / arm;
    return sample(palette.ramp, 0.5 + side * 0.48);
  });
}

/** Three by three: jobs rise to the right, employed residents upward; index = 3 · row + column. */
export const BIVARIATE = [
  '#e9e6f1', '#b0d2e0', '#5aa8b8',
  '#e0b8cb', '#a9a3c2', '#3f6f8f',
  '#a94a7b', '#8e5a8c', '#3d3f6e',
] as const;

const spread = (n: number) => (n === 1 ? [0.5] : Array.from({ length: n }, (_, i) => i / (n - 1)));

function ramp(text: string): Palette {
  return { diverging: false, ramp: text.split(' ').map((hex) => `#${hex}`) };
}

function diverging(text: string): Palette {
  return { ...ramp(text), diverging: true };
}

/** The colour at `t` (0–1) of a ramp, between its steps in OKLab. */
function sample(steps: readonly string[], t: number): string {
  const at = Math.min(1, Math.max(0, t)) * (steps.length - 1);
  const low = Math.floor(at);
  const high = Math.min(steps.length - 1, low + 1);
  const [a, b] = [toOklab(steps[low]!), toOklab(steps[high]!)];
  const mix = at - low;
  return fromOklab([0, 1, 2].map((i) => a[i]! + (b[i]! - a[i]!) * mix));
}

/** Source: Ottosson (2020), A perceptual color space for image processing. */
function toOklab(hex: string): number[] {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]: number[]): string {
  const l = (L! + 0.3963377774 * a! + 0.2158037573 * b!) ** 3;
  const m = (L! - 0.1055613458 * a! - 0.0638541728 * b!) ** 3;
  const s = (L! - 0.0894841775 * a! - 1.291485548 * b!) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const bytes = linear.map((c) => {
    const v = c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
    return Math.round(Math.min(1, Math.max(0, v)) * 255);
  });
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
