import { beforeAll, expect, it, vi } from 'vitest';
import type { Resource as ResourceOf } from './resource.svelte.ts';

let Resource: typeof ResourceOf;
beforeAll(async () => {
  vi.stubGlobal('location', { search: '' });
  ({ Resource } = await import('./resource.svelte.ts'));
});

it('gives up what is on its way when nobody looks, and keeps what is there', async () => {
  const found = new Resource<number>();
  const signals: AbortSignal[] = [];
  const ask = (value: Promise<number>) => (signal: AbortSignal) => (signals.push(signal), value);
  found.ask('one', ask(Promise.resolve(1)));
  await vi.waitFor(() => expect(found.value).toBe(1));
  found.leave();
  expect([found.value, signals[0]!.aborted]).toEqual([1, false]);
  found.ask('two', ask(new Promise(() => {})));
  expect(found.loading).toBe(true);
  found.leave();
  expect([found.loading, signals[1]!.aborted, found.stopped]).toEqual([false, true, false]);
  // Who comes back asks again.
  found.ask('two', ask(Promise.resolve(2)));
  await vi.waitFor(() => expect(found.value).toBe(2));
});
