import { minutesOf } from '../format/clock.ts';

/** From when to when vehicles run on a date, as the server tells it: HH:MM or HH:MM:SS, past midnight above 24. */
export interface ServiceHours {
  first_departure: string;
  last_departure: string;
  last_arrival: string;
}

/** Minutes after midnight. */
export interface Window {
  from: number;
  to: number;
}

/** The hour in which most set out. */
const USUAL: Window = { from: 8 * 60, to: 9 * 60 };
const HOUR = 60;

/** What is asked where nobody said when: the usual hour if vehicles run in all of it, else the first whole hour in which they do. */
export function usualWindow(hours: ServiceHours | null): Window {
  const [first, last] = [hours && minutes(hours.first_departure), hours && minutes(hours.last_departure)];
  if (typeof first !== 'number' || typeof last !== 'number') return USUAL;
  if (first <= USUAL.from && last >= USUAL.to) return USUAL;
  const whole = Math.ceil(first / HOUR) * HOUR;
  const from = whole + HOUR <= last ? whole : Math.floor(first);
  return { from, to: Math.max(from + 5, Math.min(from + HOUR, Math.ceil(last))) };
}

/** Times of the day at which vehicles run, `step` minutes apart; from six to ten in the evening where that is not known. */
export function servedEvery(step: number, hours: ServiceHours | null): number[] {
  const known = hours && [minutes(hours.first_departure), minutes(hours.last_departure)];
  const [first, last] = known && known[0] !== null && known[1] !== null ? (known as [number, number]) : [6 * HOUR, 22 * HOUR];
  const from = Math.ceil(first / step) * step;
  return Array.from({ length: Math.max(1, Math.floor((last - from) / step) + 1) }, (_, i) => from + i * step);
}

/** HH:MM of HH:MM:SS. */
export const shortTime = (text: string) => text.split(':').slice(0, 2).join(':');

function minutes(text: string): number | null {
  return minutesOf(shortTime(text));
}
