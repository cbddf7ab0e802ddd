import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from '../api/client.ts';
import type { Form } from './rules.ts';

const view = vi.hoisted(() => ({ lang: 'zh' }));
vi.mock('../state/view.svelte.ts', () => ({ view }));
const { ruleOf, whyOf, wrongOf } = await import('./rules.ts');

afterEach(() => (view.lang = 'zh'));

const refused = (field?: string, reason?: string, status = 400) => new Problem('Bad Request', status, 'in English', field, reason);

/** Where the accounts refuse a field, and the forms that it stands in. */
const PLACES: Record<string, Form[]> = {
  'password.rs': ['password'],
  'name.rs': ['account'],
  'home/sign_in.rs': ['factor', 'password'],
  'home/tokens.rs': ['token'],
  'home/users.rs': ['account', 'grant'],
  'home/policy.rs': ['policy'],
};

test('every field that the accounts refuse has words on its form', () => {
  for (const [place, forms] of Object.entries(PLACES)) {
    const server = readFileSync(new URL(`../../../src/accounts/${place}`, import.meta.url), 'utf8').split('mod tests')[0]!;
    const fields = [...server.matchAll(/AccountError::field\(\s*"(\w+)"/g)].map((found) => found[1]!);
    expect(fields.length).toBeGreaterThan(0);
    for (const field of fields) expect([place, field, forms.some((form) => ruleOf(form, refused(field)))]).toEqual([place, field, true]);
  }
  for (const field of ['from', 'until']) expect(whyOf('record', refused(field))).toContain('2026-03-31');
});

test('the words name the limits that the server has', () => {
  const server = (place: string) => readFileSync(new URL(`../../../src/accounts/${place}`, import.meta.url), 'utf8');
  const limit = (place: string, name: string) => new RegExp(`${name}[^=]*= (\\d+);`).exec(server(place))?.[1] ?? 'none';
  expect(whyOf('token', refused('days'))).toContain(limit('home/tokens.rs', 'LONGEST_DAYS'));
  expect(whyOf('token', refused(undefined, undefined, 409))).toContain(limit('home/tokens.rs', 'MOST_TOKENS'));
  for (const end of ['SHORTEST', 'LONGEST']) expect(whyOf('password', refused('password'))).toContain(limit('password.rs', end));
});

test('a field is told beside it, in the language of the page; what has words of its own keeps them', () => {
  expect(wrongOf('token', 'title', refused('title'))).toBe('请写明用途：1 至 60 个字。');
  expect(wrongOf('account', 'title', refused('title'))).not.toBe(wrongOf('token', 'title', refused('title')));
  view.lang = 'en';
  expect(wrongOf('token', 'title', refused('title'))).toBe('Say what it is for, in 1 to 60 letters.');
  expect(wrongOf('token', 'days', refused('title'))).toBe('');
  expect(wrongOf('account', 'title', refused('title', 'identity_number'))).toBe('');
  expect(whyOf('account', refused('title', 'identity_number'))).toContain('identity number');
});
