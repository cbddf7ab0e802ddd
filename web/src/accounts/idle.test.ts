import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Stirs } from './idle.ts';

/** Like a browser's, for all of its tabs. */
function shared(): Storage {
  const kept = new Map<string, string>();
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text), removeItem: (key: string) => void kept.delete(key) } as Storage;
}

const MINUTE = 60_000;
const signOut = vi.hoisted(() => vi.fn(() => Promise.resolve()));
vi.mock('../api/accounts.ts', () => ({ findSession: () => new Promise(() => {}), signOut }));
vi.mock('../api/client.ts', () => ({ Problem: class {}, onSignedOut: () => {} }));

function browser(): void {
  vi.stubGlobal('localStorage', shared());
  vi.stubGlobal('sessionStorage', shared());
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '', reload: () => {} });
  vi.stubGlobal('window', new EventTarget());
}

// The session reads the address as soon as it is there.
browser();
const { leaveWhenIdle, session } = await import('./session.svelte.ts');

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  browser();
  signOut.mockClear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(): () => void {
  session.told = { accounts: true, user: 'xulin', idle_minutes: 10 };
  return leaveWhenIdle();
}

test('a tab knows when somebody stirred in another one', () => {
  const [memory, now] = [shared(), vi.fn(() => 1000)];
  const [here, there] = [new Stirs(memory, now), new Stirs(memory, now)];
  now.mockReturnValue(5000);
  there.stirred();
  expect(here.last()).toBe(1000);
  there.last();
  expect(here.last()).toBe(5000);
  expect(here.here).toBe(1000);
});

test('a time to come, or a browser that keeps nothing, leaves a tab to itself', () => {
  const memory = shared();
  const ahead = new Stirs(memory, () => 9000);
  ahead.last();
  expect(new Stirs(memory, () => 2000).last()).toBe(2000);
  const broken = { getItem: () => { throw new Error('no'); }, setItem: () => { throw new Error('no'); } };
  expect(new Stirs(broken, () => 3000).last()).toBe(3000);
  expect(new Stirs(null, () => 4000).last()).toBe(4000);
});

test('a tab left alone neither warns nor ends while another one is worked in', () => {
  const close = open();
  const other = new Stirs(localStorage);
  for (let minute = 0; minute < 30; minute += 1) {
    vi.advanceTimersByTime(MINUTE);
    other.stirred();
    other.last();
    expect([minute, session.isIdle]).toEqual([minute, false]);
  }
  expect(signOut).not.toHaveBeenCalled();
  close();
});

test('a browser in which nobody stirs is warned and signed out', () => {
  const close = open();
  vi.advanceTimersByTime(9 * MINUTE + 10_000);
  expect(session.isIdle).toBe(true);
  window.dispatchEvent(new Event('keydown'));
  vi.advanceTimersByTime(10_000);
  expect(session.isIdle).toBe(false);
  vi.advanceTimersByTime(10 * MINUTE);
  expect(signOut).toHaveBeenCalledTimes(1);
  close();
});
