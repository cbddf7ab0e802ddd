import { afterEach, expect, test, vi } from 'vitest';
import type { Problem } from '../api/client.ts';

const view = vi.hoisted(() => ({ lang: 'zh' }));
vi.mock('../state/view.svelte.ts', () => ({ view }));
const { said } = await import('./refusal.ts');

afterEach(() => (view.lang = 'zh'));

const refusal = (reason: string, field: string, values: Problem['values']) => ({ status: 400, reason, field, values }) as Problem;

test('a cutoff that goes too far is told with what is allowed', () => {
  const problem = refusal('beyond', 'cutoffs', { most: 480, unit: 'min' });
  expect(said(problem)).toBe('“距离或时间”应大于 0，最大 480 分钟。');
  view.lang = 'en';
  expect(said(problem)).toBe('“Distances or times” must be more than 0 and at most 480 min.');
});

test('places off the network are told by name', () => {
  const problem = refusal('off_network', 'origins', { names: ['海', '礁'] });
  expect(said(problem)).toBe('海、礁：500 m 内没有街道，量不出来。请核对位置，或导入那里的街道。');
});
