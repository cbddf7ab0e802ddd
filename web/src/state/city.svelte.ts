import { Problem } from '../api/client.ts';
import { findCity, listLayers, listTerms, type Asked } from '../api/questions.ts';
import type { City, Layer, LayerPeriod, Level, Term } from '../api/types.ts';
import { view } from './view.svelte.ts';

/** What the server knows: read once, layers again when the period changes. */
class Ground {
  city = $state.raw<City | null>(null);
  terms = $state.raw<ReadonlyMap<string, Term>>(new Map());
  layers = $state.raw<Layer[]>([]);
  problem = $state.raw<Problem | null>(null);

  async load(): Promise<void> {
    this.problem = null;
    try {
      const [city, terms, layers] = await Promise.all([findCity(), listTerms(), listLayers(asked())]);
      this.terms = new Map(terms.map((term) => [term.key, term]));
      this.layers = layers;
      // Without areas there is nothing to colour: places show themselves.
      if (city.levels.length === 0) view.display = 'points';
      this.city = city;
    } catch (cause) {
      this.problem = cause instanceof Problem ? cause : new Problem('unexpected', 1, String(cause));
    }
  }

  /** What the layers hold now, after a change of the data; where nothing answers the old stays. */
  async renew(): Promise<void> {
    try {
      const [city, layers] = await Promise.all([findCity(), listLayers(asked())]);
      if (JSON.stringify(layers) !== JSON.stringify(this.layers)) this.layers = layers;
      this.city = city;
    } catch {
      // The next change, or the next question, says more.
    }
  }

  layer(id: string): Layer | undefined {
    return this.layers.find((layer) => layer.id === id);
  }

  /** The area level of the view, or the largest areas. */
  level = $derived.by((): Level | undefined => {
    const levels = this.city?.levels ?? [];
    return levels.find((level) => level.id === view.level) ?? levels[0];
  });

  /** Layers with data at the date that is looked at, without the area layers. */
  featureLayers = $derived(this.layers.filter((layer) => layer.kind !== 'area' && layer.features > 0 && isThere(layer)));

  /** The stations themselves, not their entrances: those that the map shows first, else the fewest. */
  stations = $derived(
    this.layers
      .filter((layer) => layer.kind === 'station' && layer.geometry === 'point' && layer.features > 0 && isThere(layer))
      .toSorted((a, b) => Number(b.style.visible) - Number(a.style.visible) || a.features - b.features)[0],
  );

  /** Whether the city has what a way of travelling needs. */
  hasNetwork(way: string): boolean {
    if (way === 'transit') return Boolean(this.city?.transit);
    return (this.city?.modes ?? []).some((network) => network.mode === way) || (way === 'walk' && this.city?.streets !== null);
  }

  /** Ids of the layers drawn as marks. */
  visible = $derived(
    new Set(view.layers ?? this.layers.filter((layer) => layer.style.visible).map((layer) => layer.id)),
  );
}

export const ground = new Ground();

/** The state of a layer that is shown at the date that is looked at: the newest at or before it; of areas else the oldest. */
export function stateOf(layer: Layer): LayerPeriod | undefined {
  const { period } = view;
  const found = layer.periods.findLast((state) => !period || state.period.slice(0, period.length) <= period.slice(0, state.period.length));
  return found ?? (layer.kind === 'area' ? layer.periods[0] : undefined);
}

/** Whether a layer holds anything at that date. */
export const isThere = (layer: Layer): boolean => stateOf(layer) !== undefined;

/** What every question says about period and caliber. */
export function asked(): Asked {
  return { ...(view.period && { period: view.period }), ...(view.caliber && { caliber: view.caliber }) };
}

/** Shows or hides a layer. */
export function toggleLayer(id: string): void {
  const willShow = (layer: string) => ground.visible.has(layer) !== (layer === id);
  view.layers = ground.layers.map((layer) => layer.id).filter(willShow);
}
