import { afterEach, expect, test, vi } from 'vitest';

vi.mock('./standpoint.svelte.ts', () => ({ standing: (path: string) => path }));
vi.mock('../state/view.svelte.ts', () => ({ view: { lang: 'zh' } }));
const { get, Problem, write } = await import('./client.ts');
const { said } = await import('../i18n/refusal.ts');
const { changeFeature } = await import('./edits.ts');
const { whyNot } = await import('../edits/why.ts');

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const NGINX = '<html>\r\n<head><title>502 Bad Gateway</title><style>h1 { color: red }</style></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center></body></html>';
const answering = (status: number, body: string) => vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status, headers: { 'content-type': 'text/html' } })));

async function refusalOf(asked: Promise<unknown>): Promise<InstanceType<typeof Problem>> {
  const cause = await asked.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(cause instanceof Problem)) throw new Error(`no problem: ${String(cause)}`);
  return cause;
}

test('a page of a proxy is no answer of the server, and its markup is shown to nobody', async () => {
  for (const status of [502, 503, 504]) {
    answering(status, NGINX);
    for (const asked of [get('/api/city'), write('PUT', '/api/policy', {})]) {
      const problem = await refusalOf(asked);
      expect([status, problem.offline, problem.status]).toEqual([status, true, status]);
      expect(problem.detail).toBe('502 Bad Gateway 502 Bad Gateway nginx');
      expect(said(problem)).toContain('服务器没有应答');
    }
  }
});

test('what the server says with the same status is its own answer', async () => {
  answering(503, JSON.stringify({ status: 503, reason: 'not_recorded', detail: 'x' }));
  const problem = await refusalOf(get('/api/city'));
  expect(problem.offline).toBe(false);
  expect(said(problem)).toContain('审计记录');
});

test('a page in place of an answer, refused or not, is told as of somebody else', async () => {
  for (const status of [200, 403, 413]) {
    answering(status, NGINX);
    const problem = await refusalOf(get('/api/city'));
    expect([status, problem.offline]).toEqual([status, false]);
    expect(said(problem)).toContain('不是本系统给的');
  }
});

test('an edit without an answer is told as unknown, with what was typed still there', async () => {
  vi.useFakeTimers();
  answering(504, NGINX);
  const sent = refusalOf(changeFeature({ layer: 'schools', id: '7' }, 'v1', { values: { name: '乙' } }, '', {} as Parameters<typeof changeFeature>[4]));
  await vi.advanceTimersByTimeAsync(5000);
  const problem = await sent;
  expect(whyNot(problem)).toMatch(/不知道这次修改是否已保存.*所填的内容还在/);
  expect(whyNot(new Problem('x', 400, '', undefined, 'read_only'))).toMatch(/^没有保存：/);
});
