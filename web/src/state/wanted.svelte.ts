import type { Layer } from '../api/types.ts';
import { ground } from './city.svelte.ts';
import { view } from './view.svelte.ts';

/** Roles of attributes that facilities share out. */
const SHARED = ['capacity', 'jobs'];

/** What one can want to get to: facilities, and jobs. */
class Wanted {
  layers = $derived(ground.featureLayers.filter((layer) => layer.geometry === 'point' && (layer.kind === 'facility' || layer.kind === 'workplace')));

  layer = $derived.by((): Layer | undefined => this.layers.find((layer) => layer.id === view.facility) ?? this.layers.find((layer) => capacitiesOf(layer).length > 1) ?? this.layers[0]);

  /** What its facilities have to share out; each facility counts one where nothing else is known. */
  capacities = $derived(this.layer ? capacitiesOf(this.layer) : []);
  capacity = $derived(this.capacities.find((id) => id === view.capacity) ?? this.capacities[0] ?? 'features');
}

function capacitiesOf(layer: Layer): string[] {
  const known = layer.attributes.filter((attribute) => SHARED.includes(attribute.role) && (layer.totals[attribute.id] ?? 0) > 0);
  return [...known.map((attribute) => attribute.id), 'features'];
}

export const wanted = new Wanted();
