/** How much of all the poorest `people` (0–1) have, along the curve; null without one. */
export function shareOfPoorest(curve: readonly (readonly [people: number, share: number])[], people: number): number | null {
  for (let i = 1; i < curve.length; i++) {
    const [[x0, y0], [x1, y1]] = [curve[i - 1]!, curve[i]!];
    if (x1 >= people && x1 > x0) return y0 + ((y1 - y0) * (people - x0)) / (x1 - x0);
  }
  return null;
}
