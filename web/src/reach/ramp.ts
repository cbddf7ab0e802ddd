/** How strongly the innermost of several shapes is seen, by how many lie below it. */
const DEEPEST = [0.28, 0.5, 0.66];

/** How strongly each of `n` shapes is painted that lie upon one another. */
export const paintOf = (n: number): number => 1 - (1 - DEEPEST[Math.min(n, DEEPEST.length) - 1]!) ** (1 / n);

/** How strongly the `i`th of them is seen, the smallest first: it lies upon all the larger ones. */
export const seenOf = (n: number, i: number): number => 1 - (1 - paintOf(n)) ** (n - i);
