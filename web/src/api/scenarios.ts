/** Scenarios (方案): lists of edits that the server keeps and replays. */
import { answerOf, problemOf, send, withQuery } from './client.ts';
import type { Title } from './types.ts';

/** One step, as it is sent. */
export interface Edit {
  kind: string;
  note?: string;
  [field: string]: unknown;
}

/** One step, as it is kept. */
export interface EditState extends Edit {
  number: number;
  text: Title;
  /** Why it is left out now. */
  refused: Title | null;
}

export interface Scenario {
  id: number;
  name: string;
  note: string;
  /** What the city is to those who made it. */
  reading: string;
  /** Whether it is changed by others alone. */
  read_only: boolean;
  /** Edits that are not told, since they touch layers above the clearance; nothing is computed then. */
  withheld: number;
  version: number;
  data_version: number;
  edits: EditState[];
  undone: EditState[];
}

const root = '/api/scenarios';

async function call<T>(method: string, path: string, body?: unknown, seen?: Scenario): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (seen) headers['if-match'] = `"${seen.id}.${seen.version}.${seen.data_version}"`;
  const response = await send(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? (null as T) : answerOf<T>(response);
}

export const listScenarios = () => call<{ rows: Scenario[] }>('GET', root).then((answer) => answer.rows);
export const findScenario = (id: number) => call<Scenario>('GET', `${root}/${id}`);
export const createScenario = (name: string) => call<Scenario>('POST', root, { name });
export const removeScenario = (seen: Scenario) => call<null>('DELETE', `${root}/${seen.id}`, undefined, seen);
export const addEdit = (seen: Scenario, edit: Edit) => call<Scenario>('POST', `${root}/${seen.id}/edits`, edit, seen);
export const undoEdit = (seen: Scenario) => call<Scenario>('DELETE', `${root}/${seen.id}/edits/last`, undefined, seen);
export const redoEdit = (seen: Scenario) => call<Scenario>('POST', `${root}/${seen.id}/redo`, undefined, seen);
export const noteEdit = (seen: Scenario, number: number, note: string) =>
  call<Scenario>('PATCH', `${root}/${seen.id}/edits/${number}`, { note }, seen);

/** A question beside its answer for the city as it is; with `edits` only after so many of them. */
export const comparePath = (id: number, question: string, fields: Record<string, string | number | undefined>) =>
  withQuery(`${root}/${id}/compare`, { question, ...fields });
