/** Edits of the city itself: each says which version of the feature it was made of. */
import { answerOf, get, problemOf, send, withQuery } from './client.ts';
import { newKey, sendOnce } from './once.ts';
import type { Asked } from './questions.ts';
import type { FeatureCard, Row, Title } from './types.ts';

/** A feature by layer and id, at the period that is looked at. */
export interface FeatureName {
  layer: string;
  id: string;
}

/** A feature as it was at a moment. */
export interface FeatureState {
  id: string;
  geometry: GeoJSON.Geometry;
  properties: Row;
  version: string;
}

/** What was done to a feature. */
export interface PastEdit {
  number: number;
  at: string;
  who: string;
  why: string;
  /** The edit that this one took back. */
  undoes: number | null;
  kind: 'add' | 'change' | 'move' | 'remove';
  before: FeatureState | null;
  after: FeatureState | null;
}

export interface History {
  /** Of the feature as it is; null where it is gone. */
  version: string | null;
  rows: PastEdit[];
}

/** Something wrong with a row as another program wrote it into the city's home. */
export interface Fault {
  layer: string;
  period: string;
  /** Empty where the whole state is meant. */
  id: string;
  field: string;
  reason: Title;
  since: string | null;
  left_out: boolean;
}

export interface Faults {
  total: number;
  rows: Fault[];
}

/** What becomes of a feature. */
export interface Change {
  values?: Record<string, unknown>;
  lon?: number;
  lat?: number;
}

/** A feature after an edit; without a version it is gone. */
export type Edited = (FeatureCard & { version: string }) | { layer: string; id: string; version: null };

const pathOf = ({ layer, id }: FeatureName, asked: Asked, rest = '') =>
  withQuery(`/api/layers/${encodeURIComponent(layer)}/features/${encodeURIComponent(id)}${rest}`, { period: asked.period });

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) throw await problemOf(response);
  return answerOf<T>(response);
}

/** Makes an edit, once, of what was seen. */
async function call<T>(method: string, path: string, seen: string | null | undefined, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'idempotency-key': newKey() };
  if (seen !== undefined) headers['if-match'] = `"${seen ?? 'none'}"`;
  return read(await sendOnce(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }));
}

export const addFeature = (layer: string, place: { lon: number; lat: number; values: Record<string, unknown>; reason: string }, asked: Asked) =>
  call<FeatureState>('POST', withQuery(`/api/layers/${encodeURIComponent(layer)}/features`, { period: asked.period }), undefined, place);
export const changeFeature = (name: FeatureName, seen: string, change: Change, reason: string, asked: Asked) =>
  call<FeatureState>('PATCH', pathOf(name, asked), seen, { ...change, reason });
export const removeFeature = (name: FeatureName, seen: string, reason: string, asked: Asked) =>
  call<Edited>('DELETE', withQuery(pathOf(name, asked), { reason }), seen);
export const undoFeature = (name: FeatureName, seen: string | null, number: number | undefined, asked: Asked) =>
  call<Edited>('POST', pathOf(name, asked, '/undo'), seen, number === undefined ? {} : { number });
export const listHistory = async (name: FeatureName, asked: Asked) => read<History>(await send(pathOf(name, asked, '/history'), { method: 'GET' }));
export const listFaults = (signal: AbortSignal) => get<Faults>('/api/faults', signal);
