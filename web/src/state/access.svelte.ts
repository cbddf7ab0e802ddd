import { accessBody, type Question } from '../api/questions.ts';
import type { Layer, Row } from '../api/types.ts';
import { inSentence, t, titled } from '../i18n/index.ts';
import { asked, ground } from './city.svelte.ts';
import { columnOf, worded, type Column } from './columns.ts';
import { travel } from './travel.svelte.ts';
import { ACCESS_MEASURES } from './url.ts';
import { view } from './view.svelte.ts';

/** Roles of attributes that facilities share out. */
const SHARED = ['capacity', 'jobs'];

/** What the map of access (可达性) asks. */
class Access {
  /** What one can want to get to: facilities, and jobs. */
  layers = $derived(ground.featureLayers.filter((layer) => layer.geometry === 'point' && (layer.kind === 'facility' || layer.kind === 'workplace')));

  layer = $derived.by((): Layer | undefined => this.layers.find((layer) => layer.id === view.facility) ?? this.layers.find((layer) => this.capacitiesOf(layer).length > 1) ?? this.layers[0]);

  /** What its facilities have to share out; each facility counts one where nothing else is known. */
  capacities = $derived(this.layer ? this.capacitiesOf(this.layer) : []);
  capacity = $derived(this.capacities.find((id) => id === view.capacity) ?? this.capacities[0] ?? 'features');

  /** Who can want it: people of any caliber or age. */
  demands = $derived(
    (ground.layers.find((layer) => layer.kind === 'residence')?.attributes ?? []).filter(
      (attribute) => ['population', 'age_group', 'employed'].includes(attribute.role) || ground.city?.calibers.some((caliber) => caliber.id === attribute.id),
    ),
  );
  demand = $derived.by(() => this.demands.find((attribute) => attribute.id === view.demand)?.id ?? (view.caliber || (ground.city?.calibers[0]?.id ?? '')));

  /** RAAM weighs minutes, which the way at hand may not have. */
  measures = $derived(ACCESS_MEASURES.filter((measure) => measure !== 'raam' || travel.unit === 'min'));
  measure = $derived(this.measures.find((measure) => measure === view.access) ?? this.measures[0]!);

  /** Whether access is shown by cells: wanted so, or without areas to show it by. */
  isGrid = $derived(view.grid || !ground.level);

  question = $derived.by((): Question | null => {
    if (!this.layer) return null;
    const by = this.isGrid ? null : (ground.level?.id ?? null);
    const to = { layer: this.layer.id, capacity: this.capacity };
    return { path: '/api/access', body: accessBody(by, to, this.demand, this.measure, travel.cutoff, travel.asked, asked()) };
  });

  /** Measures that are less the better: metres or minutes. */
  isCost = $derived(this.measure === 'nearest' || this.measure === 'raam');

  /** Supply is told for a thousand people (每千人), as norms do. */
  scale = $derived(this.isCost || this.measure === 'cumulative' || this.measure === 'gravity' ? 1 : 1000);

  /** A row as it is shown; a cell goes by its id. */
  row(row: Row, isCell: boolean): Row {
    const value = row['value'];
    const shown = { ...row, value: typeof value === 'number' ? value * this.scale : value };
    return isCell ? { ...shown, code: row['id'], name: row['id'] } : shown;
  }

  /** The measured column; as many decimals as tell the values apart. */
  column(values: readonly number[]): Column {
    const term = columnOf(`access_${this.measure}`);
    const unit = travel.unit === 'm' ? 'm' : t('minute_unit');
    const sizes = values.map(Math.abs).filter((value) => value > 0).toSorted((a, b) => a - b);
    const typical = sizes[Math.floor(sizes.length / 2)] ?? 0;
    const offered = this.capacity === 'features' ? t('unit_facility') : inSentence(this.capacityTitle(this.capacity));
    return {
      ...term,
      key: 'value',
      ...worded(`${titled(this.layer?.title)} · ${term.title}`),
      unit: this.isCost ? unit : this.scale === 1 ? offered : t('per_thousand', { unit: offered }),
      format: 'number',
      decimals: typical === 0 ? 2 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(typical))))),
    };
  }

  capacityTitle(id: string): string {
    if (id === 'features') return t('each_one');
    return titled(this.layer?.attributes.find((attribute) => attribute.id === id)?.title);
  }

  private capacitiesOf(layer: Layer): string[] {
    const known = layer.attributes.filter((attribute) => SHARED.includes(attribute.role) && (layer.totals[attribute.id] ?? 0) > 0);
    return [...known.map((attribute) => attribute.id), 'features'];
  }
}

export const access = new Access();
