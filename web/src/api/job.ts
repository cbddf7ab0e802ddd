/** Questions that may take long, asked as jobs (任务): with progress, and stopped when nobody waits. */
import { Problem, answerOf, get, problemOf, send, toProblem, type Told } from './client.ts';
import type { Title } from './types.ts';

/** How far a job is. */
export interface Progress {
  /** 0–1; null while nobody knows. */
  share_done: number | null;
  step: Title | null;
}

interface Job {
  id: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  progress: Progress;
  problem: Told | null;
  answer: string | null;
  events: string;
}

/** Asks with a body; `tell` hears how far it is until the answer is there. */
export async function postLong<T>(path: string, body: unknown, signal: AbortSignal, tell: (progress: Progress) => void): Promise<T> {
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await answered(path, asked, signal, tell);
  return typeof answer === 'string' ? get<T>(answer, signal) : await answerOf<T>(answer);
}

/** The same for a question that is an address. */
export async function getLong<T>(path: string, signal: AbortSignal, tell: (progress: Progress) => void): Promise<T> {
  const answer = await answered(path, {}, signal, tell);
  return typeof answer === 'string' ? get<T>(answer, signal) : await answerOf<T>(answer);
}

/** The same for an answer that is a file. */
export async function fileLong(path: string, signal: AbortSignal, tell: (progress: Progress) => void): Promise<Blob> {
  const answer = await answered(path, {}, signal, tell);
  const response = typeof answer === 'string' ? await send(answer, { signal }) : answer;
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

/** The answer itself, or the address where it is once the job is done. */
async function answered(path: string, asked: RequestInit, signal: AbortSignal, tell: (progress: Progress) => void): Promise<Response | string> {
  const headers = { ...(asked.headers as Record<string, string>), prefer: 'respond-async' };
  const response = await started(send(path, { ...asked, headers }), signal);
  if (!response.ok) throw await problemOf(response);
  if (response.status !== 202) return response;
  const job = await ended(await answerOf<Job>(response), signal, tell);
  if (job.state === 'done' && job.answer) return job.answer;
  const told = job.problem ?? {};
  throw toProblem(told, job.state, told.status ?? 500);
}

/** The first answer; the job of one that nobody waits for any more is ended once its number is known. */
function started(sent: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const left = () => {
      reject(new DOMException('cancelled', 'AbortError'));
      void sent.then(async (response) => response.status === 202 && giveUp(((await response.json()) as Job).id)).catch(() => {});
    };
    signal.addEventListener('abort', left, { once: true });
    if (signal.aborted) left();
    else sent.then(resolve, reject).finally(() => signal.removeEventListener('abort', left));
  });
}

/** Jobs that somebody on this page waits for. */
const waitedFor = new Set<string>();

/** Ends a job; `keepalive` carries it past the end of the page. */
function giveUp(id: string): void {
  waitedFor.delete(id);
  void send(`/api/jobs/${id}`, { method: 'DELETE', keepalive: true }).catch(() => {});
}

/** Leaves no job behind when the page is closed or another one opened. Call once. */
export function endJobsWithPage(page: Window): () => void {
  const leave = () => [...waitedFor].forEach(giveUp);
  page.addEventListener('pagehide', leave);
  return () => page.removeEventListener('pagehide', leave);
}

function ended(job: Job, signal: AbortSignal, tell: (progress: Progress) => void): Promise<Job> {
  return new Promise((resolve, reject) => {
    const events = new EventSource(job.events);
    waitedFor.add(job.id);
    const stop = () => {
      waitedFor.delete(job.id);
      events.close();
      signal.removeEventListener('abort', cancel);
    };
    const cancel = () => {
      stop();
      giveUp(job.id);
      reject(new DOMException('cancelled', 'AbortError'));
    };
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    events.addEventListener('progress', (event) => tell((JSON.parse((event as MessageEvent<string>).data) as Job).progress));
    events.addEventListener('end', (event) => {
      stop();
      resolve(JSON.parse((event as MessageEvent<string>).data) as Job);
    });
    events.addEventListener('error', () => {
      stop();
      reject(new Problem('offline', 0, job.events));
    });
  });
}
