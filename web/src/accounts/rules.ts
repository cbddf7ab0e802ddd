/** What the server says of what was typed, where it stands. */
import type { Problem } from '../api/client.ts';
import { titled } from '../i18n/index.ts';
import { said } from '../i18n/refusal.ts';

/** What to say beside a field; empty where nothing is wrong with it. */
export function wrongOf(field: string, problem: Problem | null): string {
  const fault = problem?.faults.find((fault) => fault.field === field);
  if (fault) return titled(fault.message);
  return problem?.field === field && problem.reason ? said(problem) : '';
}

/** A refusal that no field of a form tells beside itself. */
export const apart = (problem: Problem | null, ...fields: string[]): Problem | null => (fields.some((field) => wrongOf(field, problem)) ? null : problem);
