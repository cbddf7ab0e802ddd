import type { Row } from '../api/types.ts';
import type { Sort } from '../state/url.ts';

/** Rows in the order of a column; undefined values last whichever way it is sorted. */
export function sortRows(rows: readonly Row[], sort: Sort | null, lang: string): Row[] {
  if (!sort) return [...rows];
  const { key, descending } = sort;
  const collator = new Intl.Collator(lang === 'zh' ? 'zh-CN' : 'en', { numeric: true });
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[key], b[key]];
    const [noX, noY] = [x === null || x === undefined, y === null || y === undefined];
    if (noX || noY) return Number(noX) - Number(noY);
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * collator.compare(String(x), String(y));
  });
}

/** Tab-separated text that Excel pastes as cells: numbers unformatted, undefined empty. */
export function toTsv(headings: readonly string[], keys: readonly string[], rows: readonly Row[]): string {
  const clean = (value: unknown) => (value === null || value === undefined ? '' : String(value).replace(/[\t\r\n]+/g, ' '));
  return [headings.map(clean).join('\t'), ...rows.map((row) => keys.map((key) => clean(row[key])).join('\t'))].join('\r\n');
}

/** Comma-separated text with a byte order mark, without which Excel reads Chinese as gibberish. */
export function toCsv(headings: readonly string[], keys: readonly string[], rows: readonly Row[]): string {
  const quoted = (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [headings.map(quoted), ...rows.map((row) => keys.map((key) => quoted(row[key])))];
  return '\ufeff' + lines.map((line) => line.join(',')).join('\r\n');
}
