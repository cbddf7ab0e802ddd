import type { FileFormat, Question } from '../api/questions.ts';
import type { Row } from '../api/types.ts';
import type { Column } from '../state/columns.ts';
import type { Resource } from '../state/resource.svelte.ts';

/** What the table drawer shows: one question's rows, and what choosing one does. */
export interface Sheet {
  /** What its files are called. */
  name: string;
  /** Said above the columns: what the figures are by definition. */
  title?: string;
  columns: Column[];
  /** Each with a `code` of its own. */
  rows: Row[];
  totals: Row | null;
  /** What the row of totals is called where it is no sum. */
  together?: string;
  /** What its files are asked by. */
  question: Question | null;
  formats?: readonly FileFormat[];
  answer: Pick<Resource<unknown>, 'loading' | 'problem' | 'took_ms'>;
  version: number | undefined;
  /** The column that the map shows. */
  mapped: string;
  chosen: string | null;
  /** Said where there are no rows. */
  empty: string;
  choose: (row: Row) => void;
  /** Whether there is anything to choose in a row; in every one without it. */
  isChoosable?: (row: Row) => boolean;
}
