import { findServiceHours, travelOf } from '../api/questions.ts';
import type { Departure, Matrix, MatrixWay, Unit, Way } from '../api/types.ts';
import { clock } from '../format/clock.ts';
import { exact, exactDistance } from '../format/number.ts';
import { t, type Key } from '../i18n/index.ts';
import { subjectOf } from '../scenario/figures.ts';
import { usualWindow, type ServiceHours } from '../reach/window.ts';
import { ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { WAYS, type Timing } from './url.ts';
import { view } from './view.svelte.ts';
import { wanted } from './wanted.svelte.ts';

/** A way, or what all tables of travel times are alike in. */
type Kind = Way | 'matrix';

const UNITS_OF: Record<Kind, readonly Unit[]> = {
  straight: ['m'],
  walk: ['m', 'min'],
  bicycle: ['m', 'min'],
  car: ['min'],
  transit: ['min'],
  matrix: ['min'],
};

/** What is kept beside one another at first. */
const USUAL: Record<Unit, Record<Kind, number[]>> = {
  m: { straight: [500, 800], walk: [500, 800], bicycle: [1000, 2000], car: [], transit: [], matrix: [] },
  min: { straight: [], walk: [5, 10], bicycle: [5, 10], car: [10, 20], transit: [30, 45], matrix: [30, 45] },
};

/** What can be asked at most, minutes, where that is less than ten times the slider. */
const MOST_MIN: Partial<Record<Kind, number>> = { transit: 480 };

/** Usual speeds in the city's rules, metres a minute: how far a circle of the same time goes. */
const METRES_A_MINUTE: Partial<Record<Kind, number>> = { walk: 75, bicycle: 250 };

/** How one travels (出行方式), as far as the city has it. */
class Travel {
  /** Whether access is asked for, by itself or as what a scenario is about. */
  private isOfAccess = $derived(subjectOf(view) === 'access');

  ways = $derived(WAYS.filter((way) => way === 'straight' || ground.hasNetwork(way)));
  /** Tables of travel times from homes, or from the areas of the level, to what one wants to get to. */
  matrices = $derived.by((): Matrix[] => {
    if (!this.isOfAccess) return [];
    const homes = ground.layers.find((layer) => layer.kind === 'residence')?.id;
    return (ground.city?.matrices ?? []).filter((matrix) => matrix.to === wanted.layer?.id && (matrix.from === homes || (matrix.from_level !== null && matrix.from_level === ground.level?.id)));
  });

  way = $derived.by((): Way | MatrixWay => {
    const all = [...this.ways, ...this.matrices.map(({ name }): MatrixWay => `matrix:${name}`)];
    return all.find((way) => way === view.way) ?? (this.ways.includes('walk') ? 'walk' : 'straight');
  });

  matrix = $derived(this.matrices.find(({ name }) => this.way === `matrix:${name}`) ?? null);
  units = $derived(UNITS_OF[kindOf(this.way)]);
  unit = $derived.by((): Unit => this.units.find((unit) => unit === view.unit) ?? this.units[0]!);

  /** What the slider runs over: from, to, step. */
  range = $derived.by((): readonly [number, number, number] => {
    if (this.unit === 'm') return this.way === 'bicycle' ? [100, 6000, 100] : [100, 3000, 50];
    return this.way === 'transit' || isMatrix(this.way) ? [5, 120, 1] : [1, 60, 1];
  });

  /** The greatest number that can be typed. */
  most = $derived((this.unit === 'min' && MOST_MIN[kindOf(this.way)]) || 10 * this.range[1]);

  /** The kept cutoffs, in the unit at hand. */
  kept = $derived.by((): number[] => (view.unit === this.unit ? view.cutoffs : USUAL[this.unit][kindOf(this.way)]));

  /** The cutoff on the slider. */
  cutoff = $derived.by((): number => (view.unit === this.unit ? view.cutoff : null) ?? Math.max(...this.kept));

  cutoffs = $derived([...new Set([...this.kept, this.cutoff])].toSorted((a, b) => a - b));

  /** Whoever goes out leaves at a time; whoever is to be served arrives by one. */
  timing = $derived.by((): Timing => view.timing || (this.isOfAccess ? 'arrival' : 'departure'));

  private date = $derived(view.departure.date || (ground.city?.transit?.default_date ?? ''));

  private found = new Resource<{ date: string; hours: ServiceHours }>();

  /** When vehicles run on the date; null while that is not known. */
  hours = $derived.by((): ServiceHours | null => {
    const { default_date, default_date_hours } = ground.city?.transit ?? {};
    if (this.date === default_date) return default_date_hours ?? null;
    return this.found.value?.date === this.date ? this.found.value.hours : null;
  });

  /** The window in which one leaves: as chosen, else within the service. */
  departure = $derived.by((): Departure => {
    const { from, to, percentile } = view.departure;
    return { date: this.date, ...(from === null ? usualWindow(this.hours) : { from, to }), percentile };
  });

  /** By when one arrives: as chosen, else by the end of the usual window. */
  arrive = $derived(view.arrive ?? usualWindow(this.hours).to);

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const date = this.date;
      const { default_date, first_date, last_date } = ground.city?.transit ?? {};
      const isWithin = (!first_date || date >= first_date) && (!last_date || date <= last_date);
      // A date without service is refused by the question itself.
      if (this.way !== 'transit' || date === default_date || !isWithin) return;
      this.found.ask(date, async (signal) => ({ date, hours: await findServiceHours(date, signal) }));
    });
  }

  /** The part of a question that says how one travels, whoever sets out within the window. */
  outward = $derived(travelOf(this.way, this.unit, this.departure));

  /** The part of a question that says how one travels. */
  asked = $derived(this.timing === 'arrival' ? travelOf(this.way, this.unit, { date: this.date, by: this.arrive }) : this.outward);

  /** 2025-07-01 08:00–09:00 出发，50%: empty where no timetable is asked. */
  when = $derived.by((): string => {
    if (this.way !== 'transit') return '';
    return this.timing === 'arrival' ? t('when_arrival', { date: this.date, by: clock(this.arrive) }) : this.whenOutward;
  });

  /** The window that one sets out in. */
  whenOutward = $derived(t('when_departure', { date: this.date, from: clock(this.departure.from), to: clock(this.departure.to), n: this.departure.percentile }));

  /** How far a cutoff goes at the usual speed, metres; null where that says nothing. */
  metresOf(cutoff: number): number | null {
    if (this.unit === 'm') return cutoff;
    const speed = METRES_A_MINUTE[kindOf(this.way)];
    return speed === undefined ? null : cutoff * speed;
  }

  /** Takes another way, with cutoffs that suit it. */
  take(way: Way | MatrixWay, wish: Unit = this.unit): void {
    const kind = kindOf(way);
    const unit = UNITS_OF[kind].find((known) => known === wish) ?? UNITS_OF[kind][0]!;
    const [before, cutoffs] = [USUAL[this.unit][kindOf(this.way)], this.kept];
    const isUsual = unit !== this.unit || String(cutoffs) === String(before);
    view.cutoffs = isUsual ? [...USUAL[unit][kind]] : [...cutoffs];
    // Metres are no minutes.
    if (unit !== this.unit && view.decay) view.decay = { ...view.decay, values: [] };
    view.cutoff = unit === this.unit && !isUsual ? view.cutoff : null;
    view.way = way;
    view.unit = unit;
  }

  /** 800 m, 1.35 km, 10 min. */
  say(cutoff: number, unit: Unit = this.unit): string {
    return unit === 'm' ? exactDistance(cutoff) : t('minutes', { n: exact(cutoff) });
  }
}

export const travel = new Travel();

export const isMatrix = (way: Way | MatrixWay): way is MatrixWay => way.startsWith('matrix:');

const kindOf = (way: Way | MatrixWay): Kind => (isMatrix(way) ? 'matrix' : way);

export const wayTitle = (way: Way | MatrixWay) => (isMatrix(way) ? t('way_matrix', { name: way.slice('matrix:'.length) }) : t(`way_${way}` satisfies Key));
