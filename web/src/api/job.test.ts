import { afterEach, describe, expect, it, vi } from 'vitest';
import { endJobsWithPage, postLong } from './job.ts';

/** A server that accepts every question as a job that never ends. */
function serve() {
  const asked: { path: string; method: string; keepalive: boolean }[] = [];
  vi.stubGlobal('fetch', (path: string, { method = 'GET', keepalive = false }: RequestInit) => {
    asked.push({ path, method, keepalive });
    const job = { id: '7', state: 'running', events: '/api/jobs/7/events' };
    return Promise.resolve(new Response(JSON.stringify(job), { status: 202 }));
  });
  vi.stubGlobal('EventSource', class extends EventTarget { close() {} });
  return { asked, ended: () => asked.filter(({ method }) => method === 'DELETE') };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a job', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('ends with the page, even past its end', async () => {
    const server = serve();
    const page = new EventTarget();
    const stop = endJobsWithPage(page as Window);
    void postLong('/api/access', {}, new AbortController().signal, () => {});
    await settled();
    expect(server.ended()).toEqual([]);
    page.dispatchEvent(new Event('pagehide'));
    expect(server.ended()).toEqual([{ path: '/api/jobs/7', method: 'DELETE', keepalive: true }]);
    // Once is enough.
    page.dispatchEvent(new Event('pagehide'));
    expect(server.ended()).toHaveLength(1);
    stop();
  });

  it('ends when its question is given up, also before its number is known', async () => {
    for (const wait of [true, false]) {
      const server = serve();
      const leaving = new AbortController();
      const answer = postLong('/api/access', {}, leaving.signal, () => {}).catch((cause: unknown) => (cause as Error).name);
      if (wait) await settled();
      leaving.abort();
      expect(await answer).toBe('AbortError');
      await settled();
      expect([wait, server.ended().map(({ path }) => path)]).toEqual([wait, ['/api/jobs/7']]);
    }
  });
});
