/** Clock times of a service day, which may go on past midnight. */

/** 08:05, 24:30. */
export function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Minutes after midnight, up to 30 hours; null for what is no time. */
export function minutesOf(text: string): number | null {
  const found = /^(\d{1,2}):([0-5]\d)$/.exec(text);
  const minutes = found ? Number(found[1]) * 60 + Number(found[2]) : NaN;
  return minutes <= 30 * 60 ? minutes : null;
}
