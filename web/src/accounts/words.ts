/** A moment in the reader's own time. */
export function moment(at_ms: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const at = new Date(at_ms);
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** Whole days until a moment, rounded up; null once it is past. */
export function daysLeft(until_ms: number, now_ms = Date.now()): number | null {
  return until_ms <= now_ms ? null : Math.ceil((until_ms - now_ms) / 86_400_000);
}

/** Who looks and when, as it stands across screens and pictures (水印). */
export function markOf(user: string, at_ms: number): string {
  return `${user} ${moment(at_ms).slice(0, 16)}`;
}
