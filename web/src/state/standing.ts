import type { Row } from '../api/types.ts';

/** Where an area stands among those of its level: 1 is the highest; equal values share a rank. */
export interface Standing {
  rank: number;
  of: number;
}

/** The standing of an area by a column, or null where it has no value or nothing to compare with. */
export function standingOf(rows: readonly Row[], key: string, code: string): Standing | null {
  const known = rows.filter((row) => typeof row[key] === 'number');
  const own = known.find((row) => String(row['code']) === code)?.[key];
  if (typeof own !== 'number' || known.length < 2) return null;
  return { rank: 1 + known.filter((row) => (row[key] as number) > own).length, of: known.length };
}
