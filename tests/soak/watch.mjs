// What the files beside this one share: chance that can be repeated, and an eye on the server.
import { readFileSync, readdirSync } from 'node:fs';

/** A source of chance: the same for the same seed (mulberry32). */
export class Chance {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** From 0 up to 1, never 1. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  one(list) {
    return list[this.below(list.length)];
  }

  is(share) {
    return this.next() < share;
  }
}

export const SEED = Number(process.env.SOAK_SEED ?? 1);

/** What a process holds: resident memory in MB (now, and at most so far), open files, threads. */
export function held(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1] ?? 0);
  return {
    rss: Math.round(read('VmRSS') / 1024),
    peak: Math.round(read('VmHWM') / 1024),
    threads: read('Threads'),
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Lines of a log that tell of a panic. */
export function panics(log) {
  return readFileSync(log, 'utf8').split('\n').filter((line) => /panicked at|overflowed its stack/.test(line));
}

/** One of the numbers that a server tells of itself. */
export async function metric(url, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);
}

/** Percentiles of times, as a line to print. */
export function percentiles(times) {
  const sorted = Float64Array.from(times).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(0) ?? '–';
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)} ms`;
}
