import { findCity } from '../api/questions.ts';
import { standpoint } from '../api/standpoint.svelte.ts';
import { ground } from './city.svelte.ts';

/** How long a server that told nothing is left alone. */
const AGAIN_MS = 30_000;

/**
 * Hears of every change of the city: what is on the screen is asked again, the tiles of the layers that changed
 * are renewed. Only a page that is looked at listens: a browser keeps few lines to one server.
 */
class Live {
  /** The layers that changed last. */
  touched = $state.raw<readonly string[]>([]);
  #events: EventSource | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  #told = '';
  #layers: Record<string, number> | null = null;
  /** Counts of another one are rounded otherwise, whatever their versions. */
  #publication: string | null = null;

  /** Whether changes are heard of. */
  get isOpen(): boolean {
    return this.#events?.readyState === EventSource.OPEN;
  }

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const look = () => (document.hidden ? this.#leave() : this.#listen());
      look();
      document.addEventListener('visibilitychange', look);
      return () => {
        document.removeEventListener('visibilitychange', look);
        this.#leave();
      };
    });
  }

  /** Asks everything again where nobody tells of changes. */
  renew(layer: string): void {
    if (this.isOpen) return;
    standpoint.data = `${standpoint.data}+`;
    this.touched = [layer];
    void ground.renew();
  }

  #listen(): void {
    if (this.#events) return;
    const events = (this.#events = new EventSource('/api/events'));
    events.addEventListener('version', (event: MessageEvent<string>) => this.#hear(event.data));
    events.addEventListener('error', () => {
      if (events.readyState !== EventSource.CLOSED) return;
      this.#leave();
      // Where the session has ended this says so.
      findCity().catch(() => {});
      this.#again = setTimeout(() => document.hidden || this.#listen(), AGAIN_MS);
    });
  }

  #leave(): void {
    clearTimeout(this.#again);
    this.#events?.close();
    this.#events = null;
  }

  #hear(told: string): void {
    if (told === this.#told) return;
    const { version, layers, publication } = JSON.parse(told) as { version: number; layers: Record<string, number>; publication: string };
    const [before, isOther] = [this.#layers, publication !== (this.#publication ?? publication)];
    [this.#told, this.#layers, this.#publication] = [told, layers, publication];
    // What the page began with.
    if (before === null && version === ground.city?.data_version) return;
    standpoint.data = told;
    this.touched = Object.keys({ ...before, ...layers }).filter((layer) => isOther || before?.[layer] !== layers[layer]);
    void ground.renew();
  }
}

export const live = new Live();
