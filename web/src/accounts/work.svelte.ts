import { toldBy, type Problem } from '../api/client.ts';

/** What a screen asks of the server, one thing at a time. */
export class Work {
  busy = $state(false);
  /** Why the last one was refused. */
  problem = $state.raw<Problem | null>(null);

  /** Whether it was done; nothing is begun while something else is under way. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (cause) {
      this.problem = toldBy(cause);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
