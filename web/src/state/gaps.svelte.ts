import { get } from '../api/client.ts';
import { findNorms, normsPath, type SeenNorms } from '../api/norms.ts';
import { ask, blindSpotsPath, findBlindSpots, gapsPath, placesOf, postSiting, sitingBody, type Candidates, type Places, type Question } from '../api/questions.ts';
import { standpoint } from '../api/standpoint.svelte.ts';
import type { Answer, BlindSpots, Gaps as GapsAnswer, Layer, NormItem, NormSets, Objective, Row, Siting } from '../api/types.ts';
import { titled } from '../i18n/index.ts';
import { comparePath } from '../api/scenarios.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

/** What can be mapped of a gap, the first that is known first. */
export const GAP_MEASURES = ['shortfall', 'fulfilment', 'network_uncovered', 'network_share_covered', 'straight_uncovered', 'straight_share_covered', 'share_below_norm'];

/** How coverage is measured: along the streets, or straight as a service radius is meant. */
export const GAP_WAYS = ['walk', 'straight'] as const;
export type GapWay = (typeof GAP_WAYS)[number];

/** Everyone is to be near with a few sites: looked for beyond the distance of the norm. */
const FAR = { m: { times: 6, least: 5000 }, min: { times: 4, least: 60 } };

/** The side of the cells that new sites are looked for in, metres. */
export const GRID_M = 500;

/** As many candidates are looked at; of a larger layer one in each cell. */
const MOST_CANDIDATES = 5000;

/** What can be built on, and what stands already: no stations, and nothing that is protected. */
const isSite = ({ id, kind }: Layer) => ['ground', 'residence', 'workplace', 'facility'].includes(kind) && id !== 'protected_land';

/** Aims that are told beside one another. */
const AIMS = ['shortfall', 'cover', 'median'] as const satisfies readonly Objective[];

/** What an aim comes to. */
export interface AimRow {
  objective: Objective;
  totals: Row;
}

/** Supply and demand of services (供需差距), who is not served, and which sites would serve them. */
class Gaps {
  norms = new Resource<NormSets>();
  /** The chosen set with all its figures. */
  whole = new Resource<SeenNorms>();
  spots = new Resource<BlindSpots>();
  sites = new Resource<Siting>();

  isOpen = $derived(view.mode === 'gaps');

  /** The totals of the service, as the table has them; empty until they are known. */
  private total = $state.raw<() => Row>(() => ({}));

  set = $derived.by(() => {
    const rows = this.norms.value?.rows ?? [];
    return rows.find((set) => set.id === view.norms) ?? rows.find((set) => set.id === this.norms.value?.default) ?? rows[0];
  });

  /** Services whose facilities the city knows come first. */
  items = $derived.by(() => {
    const isThere = (layer: string) => ground.featureLayers.some((known) => known.id === layer);
    return (this.set?.items ?? []).toSorted((a, b) => Number(isThere(b.layer)) - Number(isThere(a.layer)));
  });

  service = $derived.by(() => (this.items.find((item) => item.id === view.service) ?? this.items.find((item) => item.id === 'primary_school') ?? this.items[0])?.id ?? '');

  way = $derived.by((): GapWay => (view.gap_way === 'straight' || !ground.hasNetwork('walk') ? 'straight' : 'walk'));

  question = $derived.by((): Question | null => {
    const level = ground.level?.id;
    if (!this.isOpen || !level || !this.set) return null;
    return { path: gapsPath(level, view.within, this.set.id, asked()) };
  });

  spotsQuestion = $derived.by((): Question | null =>
    this.isOpen && this.set && this.reach ? { path: blindSpotsPath(this.service, ground.level?.id ?? '', view.within, this.set.id, this.way, asked()) } : null,
  );

  /** The service with every figure. */
  item = $derived.by((): NormItem | null => (this.whole.value?.id === this.set?.id ? (this.whole.value?.items.find((item) => item.id === this.service) ?? null) : null));

  /** How far people go for it, by the norm; null where that is for the city to set. */
  reach = $derived.by((): { cutoff: number; unit: 'm' | 'min' } | null => {
    if (!this.item) return null;
    const { walk, service_radius: radius } = this.item;
    if (this.way === 'walk' && typeof walk?.value === 'number' && (walk.unit === 'm' || walk.unit === 'min')) return { cutoff: walk.value, unit: walk.unit };
    return typeof radius?.value === 'number' ? { cutoff: radius.value, unit: 'm' } : null;
  });

  /** What new sites are chosen for: what areas lack where they lack anything. */
  usualObjective = $derived.by((): Objective => (this.places && Number(this.total()['shortfall']) > 0 ? 'shortfall' : 'cover'));
  objective = $derived.by((): Objective => (view.objective === '' || (view.objective === 'shortfall' && !this.places) ? this.usualObjective : view.objective));

  /** How far sites may be from whom they serve. */
  sitingReach = $derived.by(() => {
    if (!this.reach || this.objective !== 'centre') return this.reach;
    const { cutoff, unit } = this.reach;
    return { cutoff: Math.max(cutoff * FAR[unit].times, FAR[unit].least), unit };
  });

  /** The places of a new site; null where they or what is required are not known. */
  places = $derived.by((): Places | null => (this.item && this.total()['service'] === this.service ? placesOf(this.item, this.total()) : null));

  /** What a new site adds. */
  capacity = $derived(view.site_capacity ?? this.places?.mean ?? 0);

  /** Layers whose features may be candidates. */
  candidateLayers = $derived(ground.featureLayers.filter((layer) => isSite(layer) && layer.id !== this.item?.layer));
  candidateLayer = $derived(this.candidateLayers.find((layer) => layer.id === view.candidates));
  /** Whether the layer has so many features that one in each cell is looked at. */
  isThinned = $derived((this.candidateLayer?.features ?? 0) > MOST_CANDIDATES);

  private candidates = $derived.by((): Candidates => {
    if (!this.candidateLayer) return { grid_m: GRID_M };
    return { layer: this.candidateLayer.id, ...(this.isThinned && { grid_m: GRID_M }) };
  });

  private siting(objective: Objective, reach: NonNullable<typeof this.sitingReach>): Question | null {
    const level = ground.level?.id;
    if (!this.item || !this.set || !level) return null;
    const shortfall = this.places && { norms: this.set.id, level, capacity: this.capacity };
    const asking = { item: this.item, objective, sites: view.sites, area: view.within, mode: this.way, reach, candidates: this.candidates, shortfall, own: this.places?.own ?? null };
    return { path: '/api/siting', body: sitingBody(asking, asked()) };
  }

  private isAsked = $derived(this.isOpen && view.sites > 0 && this.total()['service'] === this.service);

  sitingQuestion = $derived.by((): Question | null => (this.isAsked && this.sitingReach ? this.siting(this.objective, this.sitingReach) : null));

  /** The same number of sites for several aims. */
  aims = new Resource<AimRow[]>();

  private aimQuestions = $derived.by(() => {
    const reach = this.reach;
    if (!this.isAsked || !view.aims || !reach) return null;
    const offered = AIMS.filter((objective) => objective !== 'shortfall' || this.places);
    return offered.map((objective) => ({ objective, question: this.siting(objective, reach) }));
  });

  /** The same sites asked of the city as it is beside the open scenario. */
  comparison = new Resource<Answer>();

  comparisonQuestion = $derived.by((): Question | null => {
    const question = this.sitingQuestion;
    if (view.scenario === null || !question) return null;
    return { path: comparePath(view.scenario, 'siting', {}), body: question.body };
  });

  /** Sites that the city as it is would take, and the scenario would not. */
  dropped = $derived.by((): Row[] => (this.comparisonQuestion ? (this.comparison.value?.rows ?? []).filter((row) => row['only'] === 'base') : []));

  /** The chosen sites, the best first. */
  found = $derived<Row[]>(this.isOpen && view.sites > 0 ? (this.sites.value?.rows ?? []) : []);

  /** Where a service is told of itself: 小学. */
  titleOf = (service: string) => titled(this.items.find((item) => item.id === service)?.title);

  title = $derived(this.titleOf(this.service));

  /** A row with its evaluation in words. */
  row(row: Row, answer: GapsAnswer): Row {
    const bands = [...(answer.norms.items.find((item) => item.id === row['service'])?.bands ?? []), ...answer.norms.bands];
    const band = bands.find((known) => known.id === row['evaluation']);
    return band ? { ...row, evaluation: titled(band.title) } : row;
  }

  /** Call once, inside a component. */
  follow(total: () => Row): void {
    this.total = total;
    $effect(() => {
      // What a scenario is compared by names a service too.
      if (this.isOpen || view.mode === 'scenario') this.norms.ask('/api/norms', (signal) => get<NormSets>('/api/norms', signal));
    });
    $effect(() => {
      if (!this.isOpen || !this.set) return;
      const path = normsPath(this.set.id);
      this.whole.ask(path, (signal) => findNorms(path, signal));
    });
    $effect(() => {
      const question = this.spotsQuestion;
      if (question) this.spots.ask(question.path, (signal) => findBlindSpots(question.path, signal));
      else this.spots.clear();
    });
    $effect(() => {
      const question = this.sitingQuestion;
      if (question) this.sites.ask(JSON.stringify(question), (signal, tell) => postSiting(question, signal, tell));
      else if (view.sites === 0 || !this.isOpen) this.sites.clear();
    });
    $effect(() => {
      const questions = this.aimQuestions;
      if (!questions) this.aims.clear();
      else
        this.aims.ask(JSON.stringify(questions), async (signal, tell) => {
          const found: AimRow[] = [];
          for (const { objective, question } of questions) {
            if (question) found.push({ objective, totals: (await postSiting(question, signal, tell)).totals as Row });
          }
          return found;
        });
    });
    $effect(() => {
      const question = this.comparisonQuestion;
      // A new version of the scenario asks anew.
      if (question) this.comparison.ask(JSON.stringify([question, standpoint.edition]), (signal, tell) => ask<Answer>(question, signal, tell));
      else this.comparison.clear();
    });
  }
}

export const gaps = new Gaps();
