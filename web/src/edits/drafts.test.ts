import { beforeEach, expect, test, vi } from 'vitest';
import type { FeatureCard } from '../api/types.ts';
import { dropDraft, dropDrafts, findDraft, keepDraft } from './drafts.ts';

/** Like a browser's: what is kept are own properties. */
class Memory {
  [key: string]: unknown;
  getItem(key: string): string | null {
    return (this[key] as string | undefined) ?? null;
  }
  setItem(key: string, text: string): void {
    this[key] = text;
  }
  removeItem(key: string): void {
    delete this[key];
  }
}

const whose = { account: 'xulin', layer: 'schools', id: '7', period: '' };
const draft = { seen: { id: '7', properties: { name: '甲' }, version: 'a' } as unknown as FeatureCard, typed: { name: '乙' }, reason: '' };

beforeEach(() => vi.stubGlobal('sessionStorage', new Memory()));

test('a draft is found again by the same account, for the same feature, and by nobody else', () => {
  keepDraft(whose, draft);
  expect(findDraft(whose)).toEqual(draft);
  for (const other of [{ account: 'gaoyan' }, { layer: 'clinics' }, { id: '8' }, { period: '2010' }]) expect(findDraft({ ...whose, ...other })).toBeNull();
});

test('an empty form keeps no draft, and a saved one is dropped', () => {
  keepDraft(whose, draft);
  keepDraft(whose, { ...draft, typed: {} });
  expect(findDraft(whose)).toBeNull();
  keepDraft(whose, draft);
  dropDraft(whose);
  expect(findDraft(whose)).toBeNull();
});

test('signing out drops all drafts and nothing else', () => {
  keepDraft(whose, draft);
  sessionStorage.setItem('suitu-session-ended', '1');
  dropDrafts();
  expect(findDraft(whose)).toBeNull();
  expect(sessionStorage.getItem('suitu-session-ended')).toBe('1');
});
