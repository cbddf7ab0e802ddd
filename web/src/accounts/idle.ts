/** When somebody last stirred, in this tab or another one of the same browser: they share a session. */

/** What is kept of it: nothing but a time. */
export type Memory = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'suitu-stirred';

/**
 * Asked for rather than sent from tab to tab: a tab that the browser had put to sleep knows of the others
 * before its own clock may end their session.
 */
export class Stirs {
  #last: number;

  /** Whoever opens a page is there. */
  constructor(
    readonly memory: Memory | null,
    readonly now: () => number = Date.now,
  ) {
    this.#last = now();
    this.stirred();
  }

  /** Somebody stirred in this tab. */
  stirred(): void {
    this.#last = this.now();
  }

  /** Tells the other tabs of this one and hears of them; the time of the last stir, milliseconds. */
  last(): number {
    const elsewhere = this.#elsewhere();
    if (this.#last > elsewhere) this.#tell();
    return Math.max(this.#last, elsewhere);
  }

  /** When somebody last stirred in this tab, milliseconds. */
  get here(): number {
    return this.#last;
  }

  #elsewhere(): number {
    try {
      const at = Number(this.memory?.getItem(KEY));
      // A clock that was put back leaves a time to come.
      return at <= this.now() ? at : 0;
    } catch {
      return 0;
    }
  }

  #tell(): void {
    try {
      this.memory?.setItem(KEY, String(this.#last));
    } catch {
      // A browser that keeps nothing counts by tab.
    }
  }
}
