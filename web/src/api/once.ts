/** Edits that are sent again: their key tells the server that they are the same, so that they are made once. */
import { Problem, send } from './client.ts';

/** A key that no other edit has. Not `randomUUID`: a page from plain HTTP has none. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How long the server gets to come back, ms: a database that fails over needs a moment. */
const PAUSE_MS = 1500;

/** Whether nobody knows if what was sent was done, or it is worth sending again. */
const isOpen = (status: number) => status === 0 || status === 502 || status === 503 || status === 504;

/** Sends an edit that has a key, and sends it once more where no answer says what became of it. */
export async function sendOnce(path: string, request: RequestInit, pause = PAUSE_MS): Promise<Response> {
  try {
    const response = await send(path, request);
    if (!isOpen(response.status)) return response;
  } catch (cause) {
    if (!(cause instanceof Problem && cause.offline)) throw cause;
  }
  await new Promise((done) => setTimeout(done, pause));
  return send(path, request);
}
