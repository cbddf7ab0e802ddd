/** Class breaks (分级): the inner edges between classes; a value on an edge belongs to the class above. */

export type Method = 'quantile' | 'jenks' | 'equal' | 'custom' | 'band';

/** Which class a value falls in: 0 … `breaks.length`. */
export function classOf(value: number, breaks: readonly number[]): number {
  let low = 0;
  let high = breaks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < breaks[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Inner edges for `classes` classes of `values`.
 *
 * Fewer edges come back where the values do not differ enough to fill the classes.
 */
export function breaksOf(method: 'quantile' | 'jenks' | 'equal', values: readonly number[], classes: number): number[] {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return [];
  const found =
    method === 'quantile'
      ? quantileBreaks(sorted, classes)
      : method === 'equal'
        ? equalBreaks(sorted, classes)
        : jenksBreaks(sorted, classes);
  return distinct(found, sorted);
}

/**
 * Equal numbers of values in each class (分位数); edges as the data demand. Where the least value alone
 * would fill a class, as with people who reach nothing, it is a class of its own.
 */
function quantileBreaks(sorted: readonly number[], classes: number): number[] {
  const above = sorted.findIndex((value) => value > sorted[0]!);
  if (classes > 2 && above > sorted.length / classes) {
    return [sorted[above]!, ...quantileBreaks(sorted.slice(above), classes - 1)];
  }
  const edges: number[] = [];
  for (let i = 1; i < classes; i++) {
    edges.push(sorted[Math.min(sorted.length - 1, Math.ceil((i * sorted.length) / classes))]!);
  }
  return edges;
}

/** Classes of equal width (等距), edges rounded to what a person would write. */
function equalBreaks(sorted: readonly number[], classes: number): number[] {
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  const width = (max - min) / classes;
  const step = width > 0 ? roundTo(width) : 0;
  return Array.from({ length: classes - 1 }, (_, i) => {
    const exact = min + width * (i + 1);
    return step > 0 ? nicest(exact, width) : exact;
  });
}

/**
 * Natural breaks (自然断点法): the classes with the least squared deviation from their means.
 *
 * Fisher's exact dynamic program; above 1,000 values on an even sample of the sorted values.
 * Source: Fisher (1958), On grouping for maximum homogeneity, JASA 53, 789–798.
 */
function jenksBreaks(all: readonly number[], classes: number): number[] {
  const sorted = evenSample(all, 1000);
  const n = sorted.length;
  const k = Math.min(classes, new Set(sorted).size);
  if (k < 2) return [];
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  const shift = sorted[n >> 1]!;
  for (let i = 0; i < n; i++) {
    const value = sorted[i]! - shift;
    sums[i + 1] = sums[i]! + value;
    squares[i + 1] = squares[i]! + value * value;
  }
  // The squared deviation of the values from..until (half-open).
  const cost = (from: number, until: number) => {
    const sum = sums[until]! - sums[from]!;
    return squares[until]! - squares[from]! - (sum * sum) / (until - from);
  };
  let best = Float64Array.from({ length: n + 1 }, (_, until) => (until === 0 ? 0 : cost(0, until)));
  const cuts: Int32Array[] = [];
  for (let used = 2; used <= k; used++) {
    const next = new Float64Array(n + 1).fill(Infinity);
    const cut = new Int32Array(n + 1);
    for (let until = used; until <= n; until++) {
      for (let from = used - 1; from < until; from++) {
        const total = best[from]! + cost(from, until);
        if (total < next[until]!) {
          next[until] = total;
          cut[until] = from;
        }
      }
    }
    best = next;
    cuts.push(cut);
  }
  const edges: number[] = [];
  let until = n;
  for (let i = cuts.length - 1; i >= 0; i--) {
    until = cuts[i]![until]!;
    edges.unshift(sorted[until]!);
  }
  return edges;
}

function evenSample(sorted: readonly number[], most: number): readonly number[] {
  if (sorted.length <= most) return sorted;
  const step = (sorted.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => sorted[Math.round(i * step)]!);
}

/** Rising edges only, and none that would leave the first class empty. */
function distinct(edges: readonly number[], sorted: readonly number[]): number[] {
  return edges.filter((edge, i) => edge > sorted[0]! && (i === 0 || edge > edges[i - 1]!));
}

/** A step of 1, 2, 2.5 or 5 times a power of ten, a twentieth of the width at most. */
function roundTo(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width / 20));
  const lead = width / 20 / power;
  return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

function nicest(value: number, width: number): number {
  const step = roundTo(width);
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/** Custom edges as they may come from a link or a drag: finite, rising, at most eight. */
export function tidyBreaks(edges: readonly number[]): number[] {
  return [...new Set(edges.filter(Number.isFinite))].toSorted((a, b) => a - b).slice(0, 8);
}

/** How many values fall in each class. */
export function countClasses(values: readonly (number | null)[], breaks: readonly number[]): number[] {
  const counts = new Array<number>(breaks.length + 1).fill(0);
  for (const value of values) if (value !== null) counts[classOf(value, breaks)]!++;
  return counts;
}

/** Bars of a histogram over a range; what lies above it counts in the last bar. */
export function histogram(
  values: readonly number[],
  bars: number,
  [min, max]: readonly [number, number],
): { min: number; max: number; counts: number[] } {
  const counts = new Array<number>(bars).fill(0);
  if (!(max > min)) return { min, max, counts };
  for (const value of values) counts[Math.min(bars - 1, Math.floor(((value - min) / (max - min)) * bars))]!++;
  return { min, max, counts };
}
