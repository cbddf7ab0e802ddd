import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { Problem, type FieldFault } from '../api/client.ts';

const view = vi.hoisted(() => ({ lang: 'zh' }));
vi.mock('../state/view.svelte.ts', () => ({ view }));
const { t } = await import('../i18n/index.ts');
const { said } = await import('../i18n/refusal.ts');
const { MOST_TOKEN_DAYS } = await import('../api/accounts.ts');
const { apart, wrongOf } = await import('./rules.ts');
const { Work } = await import('./work.svelte.ts');

afterEach(() => (view.lang = 'zh'));

const fault = (field: string): FieldFault => ({ field, message: { zh: `${field}不对。`, en: `Wrong ${field}.` } });
const refused = (faults: FieldFault[], reason?: string) => new Problem('Bad Request', 400, 'in English', faults[0]?.field, reason, undefined, undefined, {}, faults);

test('every wrong field is told beside itself, in the language of the page', () => {
  const problem = refused([fault('title'), fault('days')]);
  expect(['title', 'days', 'roles'].map((field) => wrongOf(field, problem))).toEqual(['title不对。', 'days不对。', '']);
  expect(said(problem)).toBe('title不对。days不对。');
  expect(apart(problem, 'days', 'roles')).toBe(null);
  expect(apart(problem, 'name')).toBe(problem);
  view.lang = 'en';
  expect(wrongOf('days', problem)).toBe('Wrong days.');
  expect(said(problem)).toBe('Wrong title. Wrong days.');
});

test('a reason that has words of its own stands beside the field that it is about', () => {
  const problem = new Problem('Bad Request', 400, 'in English', 'title', 'identity_number');
  expect(wrongOf('title', problem)).toContain('身份号码');
  expect(wrongOf('days', problem)).toBe('');
});

test('the words name the limits that the server has', () => {
  const server = (place: string) => readFileSync(new URL(`../../../src/accounts/${place}`, import.meta.url), 'utf8');
  const limit = (place: string, name: string) => new RegExp(`const ${name}[^=]*= (\\d+);`).exec(server(place))?.[1] ?? 'none';
  for (const end of ['SHORTEST', 'LONGEST']) expect(t('password_rule')).toContain(limit('password.rs', end));
  expect(String(MOST_TOKEN_DAYS)).toBe(limit('home/tokens.rs', 'LONGEST_DAYS'));
});

test('a screen asks one thing at a time and keeps why it was refused until the next', async () => {
  const work = new Work();
  let end = () => {};
  const first = work.run(() => new Promise<void>((done) => (end = done)));
  expect([work.busy, await work.run(() => Promise.resolve())]).toEqual([true, false]);
  end();
  expect([await first, work.busy]).toEqual([true, false]);
  expect(await work.run(() => Promise.reject(refused([fault('title')])))).toBe(false);
  expect(work.problem?.field).toBe('title');
  expect([await work.run(() => Promise.resolve()), work.problem]).toEqual([true, null]);
});
