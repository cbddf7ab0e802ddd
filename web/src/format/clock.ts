/** Clock times of a service day, which may go on past midnight. */

/**
 * The times of a window after one of them was taken elsewhere, as wanted: the others give way by `step`, as far
 * as the bounds leave them room. Null where the wanted time leaves them none.
 */
export function moved(values: readonly number[], at: number, minutes: number, step: number, [first, last]: readonly [number, number]): number[] | null {
  if (!(minutes >= first + step * at && minutes <= last - step * (values.length - 1 - at))) return null;
  const next = [...values];
  next[at] = minutes;
  for (let i = at + 1; i < next.length; i++) next[i] = Math.max(next[i]!, next[i - 1]! + step);
  for (let i = at - 1; i >= 0; i--) next[i] = Math.min(next[i]!, next[i + 1]! - step);
  return next;
}

/** 08:05, 24:30. */
export function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** The last time that a service day can be asked at, minutes after midnight. */
export const LAST_MINUTE = 30 * 60;

/** Minutes after midnight, up to 30 hours; null for what is no time. */
export function minutesOf(text: string): number | null {
  const found = /^(\d{1,2}):([0-5]\d)$/.exec(text);
  const minutes = found ? Number(found[1]) * 60 + Number(found[2]) : NaN;
  return minutes <= LAST_MINUTE ? minutes : null;
}
