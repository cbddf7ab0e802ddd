import { Problem } from '../api/client.ts';
import {
  addEdit,
  createScenario,
  findScenario,
  listScenarios,
  noteEdit,
  redoEdit,
  removeScenario,
  undoEdit,
  type Edit,
  type Scenario,
} from '../api/scenarios.ts';
import { standpoint } from '../api/standpoint.svelte.ts';
import type { Layer } from '../api/types.ts';
import type { Sketch, SketchPoint } from '../scenario/sketch.ts';
import { ground } from './city.svelte.ts';
import { view } from './view.svelte.ts';

/** What a click on the map puts there: something new, or the feature of an id. */
export interface Placing {
  layer: string;
  id?: string;
  values: Record<string, unknown>;
}

/** The scenario that is open, and what is done to it. */
class ScenarioState {
  list = $state.raw<Scenario[]>([]);
  open = $state.raw<Scenario | null>(null);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  placing = $state.raw<Placing | null>(null);
  /** The layer that somebody chose to put places of; its places are seen, to be taken up too. */
  looked = $state('');
  /** The line or street that clicks on the map add points to. */
  sketch = $state.raw<Sketch | null>(null);

  /** Layers whose places can be put, moved and removed. */
  layers = $derived(
    ground.layers.filter((layer: Layer) => layer.geometry === 'point' && (layer.kind === 'facility' || layer.id === ground.stations?.id)),
  );

  /** The facility that is asked how many it reaches. */
  facility = $derived(view.facility || this.layers.find((layer) => layer.kind === 'facility' && layer.features > 0)?.id || '');

  /** Whether a layer is edited or about to be. */
  touches(layer: string): boolean {
    const isCounted = view.compared.startsWith('coverage.') && this.facility === layer;
    return this.placing?.layer === layer || this.looked === layer || isCounted || (this.open?.edits.some((edit) => edit['layer'] === layer) ?? false);
  }

  async listAll(): Promise<void> {
    await this.#do(async () => {
      this.list = await listScenarios();
    });
  }

  async create(name: string): Promise<void> {
    await this.#do(async () => {
      const made = await createScenario(name);
      this.list = [...this.list, made];
      this.#show(made);
    });
  }

  leave(): void {
    this.#closeFeature();
    view.scenario = null;
    this.placing = null;
    this.sketch = null;
  }

  async remove(scenario: Scenario): Promise<void> {
    await this.#do(async () => {
      await removeScenario(scenario);
      this.list = this.list.filter((other) => other.id !== scenario.id);
      if (view.scenario === scenario.id) this.leave();
    });
  }

  add = (edit: Edit) => this.#change((seen) => addEdit(seen, edit));
  undo = () => this.#step(undoEdit);
  redo = () => this.#step(redoEdit);
  note = (number: number, note: string) => this.#change((seen) => noteEdit(seen, number, note));

  /** Whether the features of a layer can be changed here: a scenario is open and they are places of their own. */
  canEdit(layer: string): boolean {
    return this.open !== null && !this.open.read_only && view.mode === 'scenario' && this.layers.some((known) => known.id === layer);
  }

  /** Lets clicks on the map make a line or a street. */
  draw(kind: Sketch['kind']): void {
    this.placing = null;
    view.polygon = null;
    view.selection = null;
    this.sketch = { kind, points: [] };
  }

  addPoint(point: SketchPoint): void {
    if (this.sketch) this.sketch = { ...this.sketch, points: [...this.sketch.points, point] };
  }

  takeBack(): void {
    if (this.sketch) this.sketch = { ...this.sketch, points: this.sketch.points.slice(0, -1) };
  }

  move = (layer: string, id: string, lon: number, lat: number) => this.add({ kind: 'move', layer, id, lon, lat });

  /** Puts what was chosen at a place of the map. */
  async place(lon: number, lat: number): Promise<void> {
    const placing = this.placing;
    if (!placing) return;
    this.placing = null;
    if (placing.id !== undefined) return this.move(placing.layer, placing.id, lon, lat);
    const kind = placing.layer === ground.stations?.id ? 'station' : 'add';
    await this.add({ kind, layer: placing.layer, lon, lat, values: placing.values });
  }

  /** The place whose card is open may be gone after the step. */
  #step(write: (seen: Scenario) => Promise<Scenario>): Promise<void> {
    this.#closeFeature();
    return this.#change(write);
  }

  #closeFeature(): void {
    if (view.selection?.kind === 'feature') view.selection = null;
  }

  async #change(write: (seen: Scenario) => Promise<Scenario>): Promise<void> {
    const seen = this.open;
    if (!seen || this.busy) return;
    await this.#do(async () => this.#show(await write(seen)));
  }

  async #do(act: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = null;
    try {
      await act();
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem('unexpected', 1, String(cause));
      // Somebody else changed it: what they made of it is shown.
      if (this.problem.status === 412 && this.open) this.#show(await findScenario(this.open.id));
    }
    this.busy = false;
  }

  #show(scenario: Scenario): void {
    this.open = scenario;
    this.list = this.list.map((other) => (other.id === scenario.id ? scenario : other));
    view.scenario = scenario.id;
    standpoint.edition = `${scenario.id}.${scenario.version}`;
  }

  /** Opens what the address names. Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const id = view.scenario;
      if (id === null) {
        this.open = null;
        standpoint.edition = '';
      } else if (this.open?.id !== id) {
        findScenario(id).then(
          (found) => {
            if (view.scenario !== id) return;
            if (found.withheld === 0) return this.#show(found);
            this.problem = new Problem('Forbidden', 403, '', undefined, 'scenario_withheld');
            view.scenario = null;
          },
          (cause: unknown) => {
            this.problem = cause instanceof Problem ? cause : null;
            view.scenario = null;
          },
        );
      }
    });
  }
}

export const scenario = new ScenarioState();
