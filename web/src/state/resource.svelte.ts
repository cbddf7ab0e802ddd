import { Problem } from '../api/client.ts';
import type { Progress } from '../api/job.ts';
import { standpoint } from '../api/standpoint.svelte.ts';
import { view } from './view.svelte.ts';

type Ask<T> = (signal: AbortSignal, tell: (progress: Progress) => void) => Promise<T>;

/**
 * The answer to a question that changes. The old answer stays, marked as old, until the new question
 * is answered, refused or given up; only the last question counts. What is there afterwards answers
 * what was asked, or there is nothing.
 */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  /** Whether the question was given up: nothing is on its way. */
  stopped = $state(false);
  /** How long the last answer took, milliseconds. */
  took_ms = $state(0);
  /** How far the question is that is being answered, where it says so. */
  progress = $state.raw<Progress | null>(null);
  #running: AbortController | null = null;
  #key = '';
  /** The question without the data that it was asked of. */
  #asked = '';
  #again: (() => void) | null = null;
  #started = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /**
   * With patience a question that is being answered may run on for so long while the next one
   * waits: a slider then shows answers on its way and not only where it stops.
   */
  constructor(readonly patience_ms = 0) {}

  /** Asks unless the same question was asked last; `asked` tells questions apart. */
  ask(asked: string, question: Ask<T>): void {
    // Of another scenario, or after another edit, it is another question.
    // The address names a scenario that is still being opened: the city as it is would answer otherwise.
    if (view.scenario !== null && standpoint.edition === '') return;
    const bare = `${standpoint.edition} ${asked}`;
    const key = `${standpoint.data} ${bare}`;
    if (key === this.#key) return;
    // The same question of newer data: the answer changes under the reader's eyes without more ado.
    const isRenewal = bare === this.#asked && this.value !== null && !this.loading;
    [this.#key, this.#asked] = [key, bare];
    this.#again = () => void this.#run(question);
    if (isRenewal) {
      clearTimeout(this.#waiting);
      void this.#run(question, true);
      return;
    }
    const spare = this.#running && this.loading ? this.#started + this.patience_ms - performance.now() : 0;
    clearTimeout(this.#waiting);
    if (spare > 0) this.#waiting = setTimeout(this.#again, spare);
    else this.#again();
  }

  /** Gives up the question that is being answered. */
  cancel(): void {
    if (this.loading) {
      this.value = null;
      this.stopped = true;
    }
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#running?.abort();
    this.#running = null;
    this.#key = this.#asked = '';
    this.loading = false;
  }

  /** Nobody looks at it any more: what is on its way is given up, what is there stays for who comes back. */
  leave(): void {
    if (this.loading) this.clear();
  }

  /** Asks the last question once more. */
  retry(): void {
    this.#again?.();
  }

  /** Forgets question and answer. */
  clear(): void {
    this.cancel();
    this.#again = null;
    this.value = null;
    this.problem = null;
    this.stopped = false;
  }

  async #run(question: Ask<T>, quietly = false): Promise<void> {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    if (!quietly) this.loading = true;
    this.stopped = false;
    this.progress = null;
    const started = (this.#started = performance.now());
    try {
      const value = await question(running.signal, (progress) => {
        if (this.#running === running) this.progress = progress;
      });
      if (this.#running !== running) return;
      this.value = value;
      this.problem = null;
      this.took_ms = performance.now() - started;
    } catch (cause) {
      if (this.#running !== running) return;
      // No figure stands under a question that it does not answer; what was asked of older data still does.
      if (!quietly) this.value = null;
      this.problem =
        cause instanceof Problem ? cause : new Problem('unexpected', 1, cause instanceof Error ? cause.message : String(cause));
    }
    // The question that waited is more wanted than rest.
    if (this.#waiting !== undefined) this.#again?.();
    else this.loading = false;
  }
}
