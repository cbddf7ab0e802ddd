import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

vi.mock('../state/view.svelte.ts', () => ({ view: { lang: 'zh' } }));
const { actOf, actTitle, edgeOf, knownActs, outcomeOf, soughtActs } = await import('./acts.ts');

test('every operation of the table of rights has words, and nothing else has', () => {
  const rights = readFileSync(new URL('../../../src/accounts/rights.txt', import.meta.url), 'utf8');
  const lines = rights.split('\n').filter((line) => /^[A-Z]+ +\//.test(line));
  const operations = lines.map((line) => line.split(/ +/, 2).join(' '));
  expect(operations.length).toBeGreaterThan(80);
  expect(knownActs().toSorted()).toEqual(operations.toSorted());
  expect(actTitle('PATCH /api/layers/{layer}/features/{id}')).toBe('修改要素');
  expect(actTitle('accounts init')).toBe('建立三员账户（命令）');
  expect(actTitle('something else')).toBe('something else');
});

test('an outcome is done, refused or failed', () => {
  const outcomes = { '200': 'done', done: 'done', '401 sign_in': 'refused', '429': 'refused', '503': 'failed', failed: 'failed', dropped: 'failed' };
  for (const [outcome, kind] of Object.entries(outcomes)) expect(outcomeOf(outcome)).toBe(kind);
});

test('every act that commands record has words', () => {
  const commands = ['mod.rs', 'scenario.rs', 'accounts/mod.rs', 'accounts/audit.rs'].map((file) => readFileSync(new URL(`../../../src/cli/${file}`, import.meta.url), 'utf8')).join();
  const acts = [...commands.matchAll(/"((?:accounts|audit|scenario|protect) [a-z]+)",?/g)].map((found) => found[1]!);
  expect(acts.length).toBeGreaterThan(15);
  for (const act of ['import', 'export', 'settings', 'copy', 'report', ...acts]) expect([act, actTitle(act)]).not.toEqual([act, act]);
});

test('words find their act, and no two acts share them', () => {
  expect(actOf('登录')).toBe('POST /api/session');
  expect(actOf('授权（命令）')).toBe('accounts grant');
  expect(actOf('/api/norms')).toBe('/api/norms');
  expect(actOf('')).toBe('');
  for (const { act, words } of soughtActs()) expect(actOf(words)).toBe(act);
});

test('a day begins and ends where the reader is', () => {
  for (const none of ['', '三月', '2026-13-01']) expect(edgeOf(none, 'begin')).toBe(none);
  expect(new Date(edgeOf('2026-03-05', 'begin')).getHours()).toBe(0);
  expect(Date.parse(edgeOf('2026-03-05', 'end')) - Date.parse(edgeOf('2026-03-05', 'begin'))).toBe(86_400_000);
  expect(edgeOf('2026-03-05', 'end')).toMatch(/^2026-03-0[56]T\d\d:\d\d:00Z$/);
});
