import { DECAYING, askedDecay, type Decay } from '../access/decay.ts';
import { get, withQuery } from '../api/client.ts';
import { accessBody, type Question } from '../api/questions.ts';
import type { Attribute, Row } from '../api/types.ts';
import { inSentence, t, titled } from '../i18n/index.ts';
import { asked, ground } from './city.svelte.ts';
import { columnOf, worded, type Column } from './columns.ts';
import { places } from './places.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { isMatrix, travel } from './travel.svelte.ts';
import { ACCESS_MEASURES } from './url.ts';
import { view } from './view.svelte.ts';
import { wanted } from './wanted.svelte.ts';

/** What the map of access (可达性) asks. */
class Access {
  private homes = $derived(ground.layers.find((layer) => layer.kind === 'residence'));

  /** Who can want it: people of any caliber or age. */
  demands = $derived(
    (this.homes?.attributes ?? []).filter(
      (attribute) => ['population', 'age_group', 'employed'].includes(attribute.role) || ground.city?.calibers.some((caliber) => caliber.id === attribute.id),
    ),
  );
  demand = $derived.by(() => this.demands.find((attribute) => attribute.id === view.demand)?.id ?? (view.caliber || (ground.city?.calibers[0]?.id ?? '')));

  /** RAAM weighs minutes: without these the first measure stands in. */
  measure = $derived(view.access === 'raam' && travel.unit !== 'min' ? ACCESS_MEASURES[0] : view.access);

  /** How the weight falls, where the measure has one; null for what its authors took. */
  decay = $derived.by((): Decay | null => {
    if (!DECAYING.includes(this.measure)) return null;
    return view.decay ?? (this.measure === 'gravity' ? { kind: 'gaussian', values: [] } : null);
  });

  /** A table of travel times names features, and no cells. */
  canGrid = $derived(!isMatrix(travel.way));

  /** Whether access is shown by cells: wanted so, or without areas to show it by. */
  isGrid = $derived(this.canGrid && (view.grid || !ground.level));

  /** What can rank people by how well off they are. */
  private earning = $derived(this.homes?.attributes.find((attribute) => attribute.type === 'number' && attribute.unit.startsWith('yuan')));
  private incomes = new Resource<{ count: number }>();

  /** The attribute that ranks people; undefined while that is not known, null where no home has a value. */
  income = $derived.by((): Attribute | null | undefined => {
    if (!this.earning || this.incomes.problem) return null;
    return this.incomes.value ? (this.incomes.value.count > 0 ? this.earning : null) : undefined;
  });

  /** What is too little, as values are told; null where that is not asked, or of a cost, of which less is better. */
  line = $derived.by(() => (this.isCost ? null : view.poverty_line));

  question = $derived.by((): Question | null => {
    if (this.income === undefined) return null;
    const body = this.bodyBy(this.isGrid ? null : (ground.level?.id ?? null), this.income?.id ?? null);
    return body && { path: '/api/access', body };
  });

  /** The same question by areas, whose totals tell of the whole. */
  ofAreas = $derived.by(() => this.bodyBy(ground.level?.id ?? null, null));

  private bodyBy(by: string | null, income: string | null) {
    const layer = wanted.layer;
    if (!layer) return null;
    const from = by === null ? { from: 'grid' } : by === travel.matrix?.from_level ? { from: by } : { from: 'residences', by };
    return accessBody(
      from,
      { layer: layer.id, capacity: wanted.capacity },
      this.demand,
      this.measure,
      travel.cutoff,
      travel.asked,
      { decay: this.decay && askedDecay(this.decay, travel.cutoff), income, poverty_line: this.line === null ? null : this.line / this.scale },
      asked(),
    );
  }

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const [homes, earning] = [this.homes, this.earning];
      if (view.mode !== 'access' || !homes || !earning) return;
      const path = withQuery(`/api/layers/${homes.id}/values/${earning.id}`, { period: asked().period });
      this.incomes.ask(path, (signal) => get(path, signal));
    });
  }

  /** The cost of people in balance (RAAM): crowding and travel weighed together, which has no unit. */
  isBalance = $derived(this.measure === 'raam');

  /** Measures that are less the better: metres or minutes to a facility, or the cost of balance. */
  isCost = $derived(this.measure === 'nearest' || this.isBalance);

  /** Supply is told for a thousand people (每千人), as norms do. */
  scale = $derived(this.isCost || this.measure === 'cumulative' || this.measure === 'gravity' ? 1 : 1000);

  /** A row as it is shown; a cell goes by its id. */
  row(row: Row, isCell: boolean): Row {
    const value = row['value'];
    const shown = { ...row, value: typeof value === 'number' ? value * this.scale : value };
    return isCell ? { ...shown, code: row['id'], name: row['id'] } : { ...shown, name_en: places.name(String(row['code']))?.['name_en'] };
  }

  /** The measured column; as many decimals as tell the values apart. */
  column(values: readonly number[]): Column {
    const term = columnOf(`access_${this.measure}`);
    const unit = this.isBalance ? '' : travel.unit === 'm' ? 'm' : t('minute_unit');
    const sizes = values.map(Math.abs).filter((value) => value > 0).toSorted((a, b) => a - b);
    const typical = sizes[Math.floor(sizes.length / 2)] ?? 0;
    const offered = wanted.capacity === 'features' ? t('unit_facility') : inSentence(this.capacityTitle(wanted.capacity));
    return {
      ...term,
      key: 'value',
      ...worded(`${titled(wanted.layer?.title)} · ${term.title}`),
      unit: this.isCost ? unit : this.scale === 1 ? offered : t('per_thousand', { unit: offered }),
      format: 'number',
      decimals: typical === 0 ? 2 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(typical))))),
    };
  }

  capacityTitle(id: string): string {
    if (id === 'features') return t('each_one');
    return titled(wanted.layer?.attributes.find((attribute) => attribute.id === id)?.title);
  }
}

export const access = new Access();
