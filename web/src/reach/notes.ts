import type { Answer, Title } from '../api/types.ts';

/** What an answer by timetable is to be read with: what the day lacks, or that nobody boards anything. */
export const timetableNotes = (answer: Pick<Answer, 'provenance'> | null | undefined): Title[] =>
  (answer?.provenance.inputs ?? []).filter((input) => input.layer === 'transit').flatMap((input) => input.notes ?? []);
