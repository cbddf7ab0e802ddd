/** The one place that speaks to the server. */
import type { FeatureState } from './edits.ts';
import { standing } from './standpoint.svelte.ts';
import type { Title } from './types.ts';

/** Names and numbers of a refusal. */
export type Values = Record<string, string | number | string[]>;

export interface FieldFault {
  field?: string;
  message: Title;
}

/** RFC 9457 problem details, or what stands in for them when nothing answers. */
export class Problem extends Error {
  constructor(
    readonly title: string,
    readonly status: number,
    readonly detail: string,
    readonly field?: string,
    /** For programs to tell by. */
    readonly reason?: string,
    /** What is wrong, in both languages. */
    readonly said?: Title,
    /** Features that somebody else has changed meanwhile. */
    readonly conflicts?: { current: FeatureState | null }[],
    /** What the words of the reason name. */
    readonly values: Values = {},
    /** Every field that breaks a rule, and which part of it. */
    readonly faults: FieldFault[] = [],
  ) {
    super(detail || title);
  }

  /** No answer of the server: it is down or the line is, or a proxy in between says so. */
  get offline(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504 || this.reason === 'no_answer';
  }
}

/** What went wrong, whatever it was. */
export const toldBy = (cause: unknown): Problem => (cause instanceof Problem ? cause : new Problem('unexpected', 1, String(cause)));

/** Sets a parameter for every value that says something. */
export function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  if (!text) return path;
  return path + (path.includes('?') ? '&' : '?') + text;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, { ...(signal && { signal }) });
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return write<T>('POST', path, body, signal);
}

/** Asks with a method that changes something. */
export async function write<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}

async function ask<T>(path: string, request: RequestInit): Promise<T> {
  const response = await send(path, request);
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return answerOf<T>(response);
}

/** What the server answered; a page of a proxy in between is no answer. */
export async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw foreign(response, text);
  }
}

/** What a proxy said in the server's place, as plain text. */
function foreign(response: Response, text: string): Problem {
  const title = response.statusText || `HTTP ${response.status}`;
  const plain = text.replace(/<(style|script)\b.*?<\/\1>|<[^>]*>/gis, ' ').replace(/\s+/g, ' ').trim();
  return new Problem(title, response.status, plain.slice(0, 300), undefined, response.status >= 500 ? 'no_answer' : 'elsewhere');
}

/** Hears that nobody is signed in any more. */
let signedOut = () => {};
export const onSignedOut = (hear: () => void) => (signedOut = hear);

/** What pages of other sites cannot send. */
const OWN = { 'x-suitu': '1' };

/** The response, whatever it says; no response at all is a problem of its own. */
export async function send(path: string, request: RequestInit): Promise<Response> {
  try {
    const headers = { accept: 'application/json', ...OWN, ...request.headers };
    return await fetch(standing(path), { ...request, headers });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Problem('offline', 0, cause instanceof Error ? cause.message : String(cause));
  }
}

/** Problem details as the server writes them. */
export interface Told {
  title?: string;
  status?: number;
  detail?: string;
  field?: string;
  reason?: string;
  message?: Title;
  conflicts?: { current: FeatureState | null }[];
  values?: Values;
  faults?: FieldFault[];
  /** Those that there are, where another was asked for. */
  periods?: string[];
}

export const toProblem = ({ title, detail = '', field, reason, message, conflicts, values, faults }: Told, otherwise: string, status: number) =>
  new Problem(title ?? otherwise, status, detail, field, reason, message, conflicts, values, faults);

/** What a refusal says. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const told = JSON.parse(text) as Told;
    if (told.reason === 'sign_in') signedOut();
    const seconds = Number(response.headers.get('retry-after'));
    const values = { ...told.values, ...(told.periods && { periods: told.periods }), ...(seconds > 0 && { retry_after_s: seconds }) };
    return toProblem({ ...told, values }, response.statusText, response.status);
  } catch {
    return foreign(response, text);
  }
}
