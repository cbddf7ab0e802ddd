import { afterEach, expect, test, vi } from 'vitest';

vi.mock('./standpoint.svelte.ts', () => ({ standing: (path: string) => path }));
const { newKey, sendOnce } = await import('./once.ts');

afterEach(() => vi.unstubAllGlobals());

/** Answers in their turn; the requests that came. */
function answering(...answers: (number | Error)[]) {
  const sent: RequestInit[] = [];
  vi.stubGlobal('fetch', (_: string, request: RequestInit) => {
    sent.push(request);
    const answer = answers[sent.length - 1] ?? 500;
    return typeof answer === 'number' ? Promise.resolve(new Response('{}', { status: answer })) : Promise.reject(answer);
  });
  return sent;
}

const edit = () => ({ method: 'PATCH', headers: { 'idempotency-key': newKey() }, body: '{}' });

test('what has an answer is sent once', async () => {
  for (const status of [200, 201, 400, 409, 412, 422, 500]) {
    const sent = answering(status);
    expect((await sendOnce('/api/edits', edit(), 0)).status).toBe(status);
    expect(sent.length).toBe(1);
  }
});

test('what may have been done is sent once more with the same key', async () => {
  for (const first of [503, 502, 504, new TypeError('Failed to fetch')]) {
    const sent = answering(first, 201);
    expect((await sendOnce('/api/edits', edit(), 0)).status).toBe(201);
    expect(sent.length).toBe(2);
    expect(sent[1]).toEqual(sent[0]);
    expect(new Headers(sent[0]?.headers).get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
  }
});

test('it is not sent a third time', async () => {
  const sent = answering(503, 503, 201);
  expect((await sendOnce('/api/edits', edit(), 0)).status).toBe(503);
  expect(sent.length).toBe(2);
  answering(new TypeError('gone'), new TypeError('gone'));
  await expect(sendOnce('/api/edits', edit(), 0)).rejects.toThrow('gone');
});

test('whoever stops it stops it', async () => {
  const sent = answering(new DOMException('stopped', 'AbortError'), 201);
  await expect(sendOnce('/api/edits', edit(), 0)).rejects.toThrow('stopped');
  expect(sent.length).toBe(1);
});

test('no two edits have the same key', () => {
  expect(new Set(Array.from({ length: 100 }, newKey)).size).toBe(100);
});
