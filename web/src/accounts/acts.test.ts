import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

vi.mock('../state/view.svelte.ts', () => ({ view: { lang: 'zh' } }));
const { actTitle, knownActs, outcomeOf } = await import('./acts.ts');

test('every operation of the table of rights has words, and nothing else has', () => {
  const rights = readFileSync(new URL('../../../src/accounts/rights.txt', import.meta.url), 'utf8');
  const lines = rights.split('\n').filter((line) => /^[A-Z]+ +\//.test(line));
  const operations = lines.map((line) => line.split(/ +/, 2).join(' '));
  expect(operations.length).toBeGreaterThan(80);
  expect(knownActs().toSorted()).toEqual(operations.toSorted());
  expect(actTitle('PATCH /api/layers/{layer}/features/{id}')).toBe('修改要素');
  expect(actTitle('accounts init')).toBe('accounts init');
});

test('an outcome is done, refused or failed', () => {
  const outcomes = { '200': 'done', done: 'done', '401 sign_in': 'refused', '429': 'refused', '503': 'failed', failed: 'failed', dropped: 'failed' };
  for (const [outcome, kind] of Object.entries(outcomes)) expect(outcomeOf(outcome)).toBe(kind);
});
