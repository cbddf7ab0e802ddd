import type { Question } from '../api/questions.ts';
import type { Answer, Row } from '../api/types.ts';
import { columnOf, type Column } from '../state/columns.ts';
import type { Resource } from '../state/resource.svelte.ts';

/** What the table drawer shows: one question's rows, and what choosing one does. */
export interface Sheet {
  /** What its files are called. */
  name: string;
  columns: Column[];
  /** Each with a `code` of its own. */
  rows: Row[];
  totals: Row | null;
  /** What the row of totals is called where it is no sum. */
  together?: string;
  /** What its files are asked by. */
  question: Question | null;
  answer: Pick<Resource<unknown>, 'loading' | 'problem' | 'took_ms'>;
  version: number | undefined;
  /** The column that the map shows. */
  mapped: string;
  chosen: string | null;
  /** Said where there are no rows. */
  empty: string;
  choose: (row: Row) => void;
}

/** Keys that tell a program what people do not read. */
const HIDDEN = new Set(['id', 'code', 'level', 'reason', 'jobs_reason', 'walk_reason', 'name_en', 'lon', 'lat', 'bbox', 'center', 'geometry', 'parent', 'period']);

/** The columns of an answer in the server's order, without those that no row fills. */
export function columnsOf(answer: Pick<Answer, 'rows'>): Column[] {
  const keys = Object.keys(answer.rows[0] ?? {}).filter((key) => !HIDDEN.has(key));
  const filled = keys.filter((key) => answer.rows.some((row) => row[key] !== null && row[key] !== undefined));
  const texts = new Set(keys.filter((key) => answer.rows.some((row) => typeof row[key] === 'string')));
  return filled.map((key) => (texts.has(key) ? { ...columnOf(key), format: 'text' } : columnOf(key)));
}
