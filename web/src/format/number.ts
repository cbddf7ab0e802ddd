/** Numbers as the profession writes them; undefined is a dash, never 0 or blank. */
import type { TermFormat } from '../api/types.ts';

export type Lang = 'zh' | 'en';

export const UNDEFINED = '—';

const plain = new Map<number, Intl.NumberFormat>();

/** Thousands with commas in both languages, a fixed number of decimals. */
export function decimals(value: number, places: number): string {
  let format = plain.get(places);
  if (!format) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
    plain.set(places, format);
  }
  // -0.00 reads like a mistake.
  return format.format(value).replace(/^-(0(?:\.0+)?)$/, '$1');
}

/** A cell of a table. */
export function cell(value: unknown, format: TermFormat, places: number): string {
  if (value === null || value === undefined || value === '') return UNDEFINED;
  if (typeof value === 'boolean') return value ? '✓' : UNDEFINED;
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return UNDEFINED;
  switch (format) {
    case 'integer':
      return decimals(Math.round(value), 0);
    case 'share':
      return `${decimals(value * 100, places || 2)}%`;
    case 'number':
      return decimals(value, places);
    case 'text':
      return String(value);
  }
}

/** Less than this is what computing with fractions leaves behind. */
const NOTHING = 1e-9;

/** A difference: with as many decimals as it takes to tell it from none; none at all is a bare 0. */
export function change(value: unknown, format: TermFormat, places: number): string {
  if (typeof value !== 'number' || !Number.isFinite(value) || format === 'text') return cell(value, format, places);
  if (Math.abs(value) < NOTHING) return '0';
  const size = Math.abs(format === 'share' ? value * 100 : value);
  const least = Math.ceil(-Math.log10(size) - Number.EPSILON);
  const usual = format === 'share' ? places || 2 : places;
  if (format === 'integer' && Number.isInteger(value)) return decimals(value, 0);
  return cell(value, format === 'integer' ? 'number' : format, Math.max(usual, least));
}

/** A value of a column. */
export const told = (value: unknown, { format, decimals: places, isChange }: { format: TermFormat; decimals: number; isChange?: boolean }) =>
  (isChange ? change : cell)(value, format, places);

/** A figure to be read at a glance, split into number and the unit that its size chose. */
export function figure(value: number | null | undefined, unit: string, lang: Lang): { number: string; unit: string } {
  if (value === null || value === undefined || !Number.isFinite(value)) return { number: UNDEFINED, unit: '' };
  const size = Math.abs(value);
  if (lang === 'zh') {
    if (size >= 100_000) return { number: decimals(value / 10_000, 2), unit: `万${unit}` };
    return { number: decimals(value, Number.isInteger(value) ? 0 : 2), unit };
  }
  if (size >= 1_000_000) return { number: decimals(value / 1_000_000, 2), unit: joined('million', unit) };
  return { number: decimals(value, Number.isInteger(value) ? 0 : 2), unit };
}

const joined = (scale: string, unit: string) => (unit ? `${scale} ${unit}` : scale);

/** Metres below 1 km, kilometres above. */
export function distance(metres: number): string {
  if (metres < 1000) return `${decimals(metres, 0)} m`;
  const km = metres / 1000;
  return `${decimals(km, Number.isInteger(km) ? 0 : km < 10 ? 1 : 0)} km`;
}

/** A number that somebody gave, with every digit of it. */
export function exact(value: number): string {
  const digits = String(Number(value.toFixed(4))).split('.')[1]?.length ?? 0;
  return decimals(value, digits);
}

/** A length that somebody gave, never rounded: kilometres as far as these take two decimals. */
export function exactDistance(metres: number): string {
  return metres >= 1000 && Number.isInteger(metres / 10) ? `${exact(metres / 1000)} km` : `${exact(metres)} m`;
}

/** A share so small that its size is all there is to say: 0.028%, < 0.001%. */
export function smallShare(share: number): string {
  return share < 0.000_01 ? '< 0.001%' : `${decimals(share * 100, 3)}%`;
}

/** 1, 2 or 5 times a power of ten. */
export function roundDown(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = value / power;
  return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

/** An edge of a class: as few digits as tell it from its neighbors. */
export function edge(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return decimals(value, 0);
  if (size < 0.1) return String(Number(value.toPrecision(2)));
  if (size >= 10) return decimals(value, 1).replace(/\.0$/, '');
  return decimals(value, 2).replace(/0$/, '').replace(/\.0?$/, '');
}

export function areaKm2(value: number): string {
  return decimals(value, value < 10 ? 3 : value < 100 ? 2 : 1);
}

/** 113.2644° E, 23.1291° N */
export function coordinates(lon: number, lat: number): string {
  const ew = lon < 0 ? 'W' : 'E';
  const ns = lat < 0 ? 'S' : 'N';
  return `${Math.abs(lon).toFixed(4)}°${ew}  ${Math.abs(lat).toFixed(4)}°${ns}`;
}
