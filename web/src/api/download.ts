import { problemOf, send } from './client.ts';
import type { Question } from './questions.ts';

/** Hands a file to the browser as a download. */
export function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A file name of a title: no characters that a file system refuses. */
export const fileName = (...parts: string[]) => parts.filter(Boolean).join('-').replace(/[\\/:*?"<>|\s]+/g, '_');

/** Asks a question for its answer as a file. */
export async function downloadAnswer({ path, body }: Question, name: string): Promise<void> {
  const posted = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await send(path, body === undefined ? {} : posted);
  if (!response.ok) throw await problemOf(response);
  save(await response.blob(), name);
}
