import { Problem } from '../api/client.ts';

/**
 * The answer to a question that changes. The old answer stays, marked as old, until the new one is
 * there; only the last question counts.
 */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  /** How long the last answer took, milliseconds. */
  took_ms = $state(0);
  #running: AbortController | null = null;
  #key = '';
  #again: (() => void) | null = null;

  /** Asks unless the same question was asked last; `key` tells questions apart. */
  ask(key: string, question: (signal: AbortSignal) => Promise<T>): void {
    if (key === this.#key) return;
    this.#key = key;
    this.#again = () => void this.#run(question);
    this.#again();
  }

  /** Asks the last question once more. */
  retry(): void {
    this.#again?.();
  }

  /** Forgets question and answer. */
  clear(): void {
    this.#running?.abort();
    this.#running = null;
    this.#key = '';
    this.#again = null;
    this.value = null;
    this.problem = null;
    this.loading = false;
  }

  async #run(question: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.loading = true;
    const started = performance.now();
    try {
      const value = await question(running.signal);
      if (this.#running !== running) return;
      this.value = value;
      this.problem = null;
      this.took_ms = performance.now() - started;
    } catch (cause) {
      if (this.#running !== running) return;
      this.problem =
        cause instanceof Problem ? cause : new Problem('unexpected', 1, cause instanceof Error ? cause.message : String(cause));
    }
    this.loading = false;
  }
}
