import { get } from '../api/client.ts';
import { normsPath } from '../api/norms.ts';
import { ask, blindSpotsPath, findBlindSpots, gapsPath, postSiting, sitingBody, type Question } from '../api/questions.ts';
import { standpoint } from '../api/standpoint.svelte.ts';
import type { Answer, BlindSpots, Gaps as GapsAnswer, NormItem, NormSet, NormSets, Row, Siting } from '../api/types.ts';
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
const GRID_M = 500;

/** Supply and demand of services (供需差距), who is not served, and which sites would serve them. */
class Gaps {
  norms = new Resource<NormSets>();
  /** The chosen set with all its figures. */
  whole = new Resource<NormSet>();
  spots = new Resource<BlindSpots>();
  sites = new Resource<Siting>();

  isOpen = $derived(view.mode === 'gaps');

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

  /** How far sites may be from whom they serve. */
  sitingReach = $derived.by(() => {
    if (!this.reach || view.objective !== 'centre') return this.reach;
    const { cutoff, unit } = this.reach;
    return { cutoff: Math.max(cutoff * FAR[unit].times, FAR[unit].least), unit };
  });

  sitingQuestion = $derived.by((): Question | null => {
    if (!this.isOpen || view.sites === 0 || !this.item || !this.sitingReach) return null;
    return { path: '/api/siting', body: sitingBody(this.item, view.within, view.sites, view.objective, this.way, this.sitingReach, GRID_M, asked()) };
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
  follow(): void {
    $effect(() => {
      if (this.isOpen) this.norms.ask('/api/norms', (signal) => get<NormSets>('/api/norms', signal));
    });
    $effect(() => {
      if (!this.isOpen || !this.set) return;
      const path = normsPath(this.set.id);
      this.whole.ask(path, (signal) => get<NormSet>(path, signal));
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
      const question = this.comparisonQuestion;
      // A new version of the scenario asks anew.
      if (question) this.comparison.ask(JSON.stringify([question, standpoint.edition]), (signal, tell) => ask<Answer>(question, signal, tell));
      else this.comparison.clear();
    });
  }
}

export const gaps = new Gaps();
