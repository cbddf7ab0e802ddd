import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from '../api/client.ts';

const view = vi.hoisted(() => ({ lang: 'zh' }));
vi.mock('../state/view.svelte.ts', () => ({ view }));
const { said } = await import('./refusal.ts');

afterEach(() => (view.lang = 'zh'));

const refusal = (reason: string, field: string, values: Problem['values']) => new Problem('Bad Request', 400, 'in English', field, reason, undefined, undefined, values);

test('a cutoff that goes too far is told with what is allowed', () => {
  const problem = refusal('beyond', 'cutoffs', { most: 480, unit: 'min' });
  expect(said(problem)).toBe('“距离或时间”应大于 0，最大 480 分钟。');
  view.lang = 'en';
  expect(said(problem)).toBe('“Distances or times” must be more than 0 and at most 480 min.');
});

test('who is locked out is told for how long, and a date that is not there by those that are', () => {
  expect(said(new Problem('Too Many Requests', 429, '', undefined, 'delayed', undefined, undefined, { retry_after_s: 32 }))).toBe('错误次数过多，请在 32 秒后再试。');
  expect(said(new Problem('Not Found', 404, '', 'period', undefined, undefined, undefined, { periods: ['2010', '2020'] }))).toBe('没有这个时点的数据。已有的时点：2010、2020。');
});

test('places off the network are told by name', () => {
  const problem = refusal('off_network', 'origins', { names: ['海', '礁'] });
  expect(said(problem)).toBe('海、礁：500 m 内没有街道，量不出来。请核对位置，或导入那里的街道。');
});
