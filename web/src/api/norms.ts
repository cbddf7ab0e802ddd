/** The city's own copies of norms (标准). */
import { answerOf, problemOf, send } from './client.ts';
import type { NormFigure, NormFigureKey, NormSet } from './types.ts';

export const normsPath = (set: string) => `/api/norms/${encodeURIComponent(set)}`;

/** A set as it was read: its etag says which, so that nobody's change is undone unseen. */
export interface SeenNorms extends NormSet {
  etag: string;
}

export async function findNorms(path: string, signal?: AbortSignal): Promise<SeenNorms> {
  const response = await send(path, { ...(signal && { signal }) });
  if (!response.ok) throw await problemOf(response);
  return { ...(await answerOf<NormSet>(response)), etag: response.headers.get('etag') ?? '' };
}

async function change(method: string, { id, etag }: SeenNorms, whole?: NormSet): Promise<void> {
  const headers = { 'content-type': 'application/json', ...(etag && { 'if-match': etag }) };
  const response = await send(normsPath(id), { method, headers, ...(whole && { body: JSON.stringify({ ...whole, etag: undefined }) }) });
  if (!response.ok) throw await problemOf(response);
}

/** Keeps figures of one service in the city's own copy of a set; all others stay as they were seen. */
export function keepFigures(seen: SeenNorms, service: string, figures: Partial<Record<NormFigureKey, NormFigure>>): Promise<void> {
  const items = seen.items.map((item) => (item.id === service ? { ...item, ...figures } : item));
  return change('PUT', seen, { ...seen, items });
}

/** Takes the city's own copy away: the built-in set holds again. */
export const dropNorms = (seen: SeenNorms) => change('DELETE', seen);
