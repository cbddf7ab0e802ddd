import { Problem } from '../api/client.ts';
import {
  addFeature,
  changeFeature,
  listHistory,
  removeFeature,
  undoFeature,
  type Change,
  type FeatureName,
  type FeatureState,
  type PastEdit,
} from '../api/edits.ts';
import { session } from '../accounts/session.svelte.ts';
import type { Layer } from '../api/types.ts';
import { chooseFeature } from './choose.ts';
import { asked, ground } from './city.svelte.ts';
import { live } from './live.svelte.ts';
import { view } from './view.svelte.ts';

/** What a click on the map puts there: something new, or the feature of an id as it was seen. */
export interface Placing {
  layer: string;
  id?: string;
  version?: string;
  values: Record<string, unknown>;
}

/** An edit that somebody else came before, and what they left. */
export interface Conflict extends FeatureName {
  change: Change | 'remove';
  /** Null where they removed it. */
  current: FeatureState | null;
}

/** What was done last, and can be undone. */
export interface Done extends FeatureName {
  kind: 'add' | 'change' | 'move' | 'remove' | 'undo';
  title: string;
  version: string | null;
}

/** Edits of the city itself (数据编辑), for those who may make them. */
class Edits {
  busy = $state(false);
  /** Why the next edit is made; its history tells. */
  reason = $state('');
  problem = $state.raw<Problem | null>(null);
  placing = $state.raw<Placing | null>(null);
  conflict = $state.raw<Conflict | null>(null);
  done = $state.raw<Done | null>(null);

  /** Without accounts the machine is one's own; a published city is nobody's to edit. */
  mayEdit = $derived(
    session.told !== null &&
      !ground.city?.protection &&
      (!session.told.accounts || session.may('PATCH /api/layers/{layer}/features/{id}')),
  );

  /** Whether what other programs wrote and is not sound is told here. */
  hearsFaults = $derived(this.mayEdit && (!session.told?.accounts || session.may('GET /api/faults')));

  /** Layers whose places can be put, moved and removed. */
  layers = $derived(this.mayEdit ? ground.layers.filter((layer: Layer) => layer.geometry === 'point' && layer.kind !== 'area') : []);

  /** Whether the features of a layer can be changed here; a scenario has edits of its own. */
  canEdit(layer: string): boolean {
    return this.mayEdit && view.scenario === null && view.mode !== 'scenario' && ground.layer(layer) !== undefined;
  }

  canPlace = (layer: string): boolean => this.canEdit(layer) && this.layers.some((known) => known.id === layer);

  async change(name: FeatureName, seen: string, title: string, change: Change): Promise<boolean> {
    const kind = change.lon === undefined ? 'change' : 'move';
    return this.#do(name, change, async () => {
      const after = await changeFeature(name, seen, change, this.reason.trim(), asked());
      this.done = { ...name, kind, title, version: after.version };
    });
  }

  async remove(name: FeatureName, seen: string, title: string): Promise<boolean> {
    // Closed before it is gone: nobody may ask for it then.
    const selection = view.selection;
    view.selection = null;
    const isDone = await this.#do(name, 'remove', async () => {
      await removeFeature(name, seen, this.reason.trim(), asked());
      this.done = { ...name, kind: 'remove', title, version: null };
    });
    if (!isDone) view.selection = selection;
    return isDone;
  }

  /** Puts what was chosen at a place of the map. */
  async place(lon: number, lat: number): Promise<void> {
    const placing = this.placing;
    if (!placing) return;
    this.placing = null;
    const { layer, id, version, values } = placing;
    if (id !== undefined && version !== undefined) {
      await this.change({ layer, id }, version, '', { lon, lat });
      return;
    }
    await this.#do({ layer, id: '' }, {}, async () => {
      const made = await addFeature(layer, { lon, lat, values, reason: this.reason.trim() }, asked());
      this.done = { layer, id: made.id, kind: 'add', title: '', version: made.version };
      chooseFeature(layer, made.id);
    });
  }

  /** Takes back an edit of a feature, the last one without a number. */
  async undo(name: FeatureName, seen: string | null, title: string, number?: number): Promise<boolean> {
    return this.#do(name, {}, async () => {
      const after = await undoFeature(name, seen, number, asked());
      if (after.version === null && view.selection?.kind === 'feature' && view.selection.id === name.id) view.selection = null;
      this.done = { ...name, kind: 'undo', title, version: after.version };
    });
  }

  async history(name: FeatureName): Promise<PastEdit[]> {
    return (await listHistory(name, asked())).rows;
  }

  /** Makes the edit once more, upon what somebody else left. */
  async insist(title: string): Promise<boolean> {
    const { conflict } = this;
    if (!conflict?.current) return false;
    const { layer, id, change, current } = conflict;
    this.conflict = null;
    if (change === 'remove') return this.remove({ layer, id }, current.version, title);
    return this.change({ layer, id }, current.version, title, change);
  }

  async #do(name: FeatureName, change: Change | 'remove', act: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    [this.problem, this.conflict] = [null, null];
    try {
      await act();
      this.reason = '';
      live.renew(name.layer);
      return true;
    } catch (cause) {
      const problem = cause instanceof Problem ? cause : new Problem('unexpected', 1, String(cause));
      const found = problem.conflicts?.[0];
      if (found) this.conflict = { ...name, change, current: found.current };
      else this.problem = problem;
      return false;
    } finally {
      this.busy = false;
    }
  }
}

export const edits = new Edits();
