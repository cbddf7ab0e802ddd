import { get } from '../api/client.ts';
import { areasPath } from '../api/questions.ts';
import type { Answer, Bbox, Row } from '../api/types.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';

/** Where the areas are and what they are called: labels, zooming, names beside codes. */
class Places {
  /** Of the chosen level. */
  level = new Resource<Answer>();
  /** Of the largest areas. */
  top = new Resource<Answer>();

  byCode = $derived.by(() => {
    const rows = [...(this.top.value?.rows ?? []), ...(this.level.value?.rows ?? [])];
    return new Map(rows.map((row) => [String(row['code']), row]));
  });

  bbox(code: string): Bbox | null {
    const bbox = this.byCode.get(code)?.['bbox'];
    return Array.isArray(bbox) && bbox.length === 4 ? (bbox as Bbox) : null;
  }

  name(code: string): Row | undefined {
    return this.byCode.get(code);
  }

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const top = ground.city?.levels[0]?.id;
      const level = ground.level?.id;
      const when = { period: asked().period ?? '' };
      for (const [resource, id] of [[this.top, top], [this.level, level === top ? undefined : level]] as const) {
        if (!id) continue;
        const path = areasPath(id, when);
        resource.ask(path, (signal) => get<Answer>(path, signal));
      }
    });
  }
}

export const places = new Places();
