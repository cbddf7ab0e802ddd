import { comparePath } from '../api/scenarios.ts';
import { ask } from '../api/questions.ts';
import type { Answer, Row } from '../api/types.ts';
import { distance } from '../format/number.ts';
import { t, titled } from '../i18n/index.ts';
import { subjectOf, type Asking, type Subject } from '../scenario/figures.ts';
import { access } from './access.svelte.ts';
import { asked, ground } from './city.svelte.ts';
import { columnOf, worded, type Column } from './columns.ts';
import { commute } from './commute.svelte.ts';
import { gaps } from './gaps.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { scenario } from './scenario.svelte.ts';
import { view } from './view.svelte.ts';

/** The key figures (关键指标) after each step, the city as it is first. */
interface Steps {
  subject: Subject;
  keys: string[];
  steps: Step[];
}

interface Step {
  number: number;
  values: (number | null)[];
}

/** Steps that are shown in the scenario's own mode, and in others; older ones are rarely read. */
const SHOWN_STEPS = { own: 12, other: 2 };

/** How far people go to facilities that have no norm, metres. */
const NEAR_M = 1000;

/** What is said of the network of stations. */
const STATIONS = /^(walk|straight)_/;

/** What the open scenario does, step by step, to what the open question is about. */
class KeyFigures {
  answer = new Resource<Steps>();

  subject = $derived(subjectOf(view));

  private side = $derived(ground.hasNetwork('walk') ? 'walk' : 'straight');

  private askings = $derived.by((): Asking[] => {
    const { period, caliber } = asked();
    const level = ground.level?.id ?? 'city';
    const balance = (...keys: string[]): Asking => ({ question: 'balance', fields: { level: 'city', period, caliber }, keys });
    const stations = (...of: string[]): Asking[] =>
      ground.stations
        ? [{ question: 'station_coverage', fields: { layer: ground.stations.id, level: 'city', cutoffs: view.network_m, period, caliber }, keys: of.map((key) => `${this.side}_${key}`) }]
        : [];
    const city = [balance('usual_residents', 'jobs', 'jobs_per_employed_resident'), ...stations('share_residents')];
    switch (this.subject) {
      case 'city':
        return city;
      case 'balance':
        return [balance('jobs', 'employed_residents', 'jobs_per_employed_resident')];
      case 'commute': {
        const keys = ['self_containment', 'mean_distance_km', 'mean_time_min', 'share_within_45_min'];
        return commute.isKnown ? [{ question: 'commute', fields: { level, mode: commute.mode, period, caliber }, keys }] : city;
      }
      case 'stations':
        return ground.stations ? stations('residents', 'share_residents', 'jobs', 'share_jobs') : city;
      case 'coverage':
        return [{ question: 'coverage', fields: { level: 'city', layer: scenario.facility, cutoff: NEAR_M, demand: caliber, period }, keys: ['total', 'covered', 'share_covered'] }];
      case 'access':
        return access.ofAreas ? [{ question: 'access', fields: {}, body: access.ofAreas, keys: ['demand', 'value'] }] : city;
      case 'gaps': {
        if (!gaps.service) return [];
        // Area by area: a surplus elsewhere makes up for nothing.
        const fields = { services: gaps.service, norms: view.norms, level, area: view.within, period, caliber };
        return [{ question: 'gaps', fields, keys: ['capacity', 'required', 'shortfall', gaps.way === 'walk' ? 'network_share_covered' : 'straight_share_covered'] }];
      }
    }
  });

  /** The figures as columns; those that no step has a value of are left out. */
  columns = $derived.by((): { at: number; column: Column }[] => {
    const found = this.answer.value;
    const all = (found?.keys ?? []).map((key, at) => ({ at, column: this.columnAt(key, at) }));
    return all.filter(({ at }) => found?.steps.some((step) => step.values[at] !== null));
  });

  private columnAt(key: string, at: number): Column {
    const subject = this.answer.value!.subject;
    const column = columnOf(key);
    if (key === 'value') return access.column((this.answer.value?.steps ?? []).flatMap((step) => step.values[at] ?? []));
    // Beside people and jobs the distance is said; where all are of one, the heading says it.
    return subject === 'city' && STATIONS.test(key) ? { ...column, ...worded(`${column.short} · ${distance(view.network_m)}`) } : column;
  }

  /** What the figures are of, in words. */
  title = $derived.by((): string => {
    switch (this.subject) {
      case 'city':
        return t('mode_overview');
      case 'balance':
        return t('mode_balance');
      case 'commute':
        return t('view_commuting');
      case 'stations':
        return `${t('mode_reach')} · ${distance(view.network_m)}`;
      case 'coverage':
        return `${titled(ground.layer(scenario.facility)?.title)} · ${distance(NEAR_M)}`;
      case 'access':
        return t('mode_access');
      case 'gaps':
        return `${t('mode_gaps')} · ${gaps.title}`;
    }
  });

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const open = scenario.open;
      const [subject, askings] = [this.subject, this.askings];
      if (!open || askings.length === 0) return;
      const count = open.edits.length;
      const first = Math.max(0, count - (view.mode === 'scenario' ? SHOWN_STEPS.own : SHOWN_STEPS.other));
      this.answer.ask(JSON.stringify([open.id, open.version, first, subject, askings]), async (signal, tell) => {
        const steps: Step[] = [];
        for (let number = first; number <= count; number++) {
          const values: (number | null)[] = [];
          for (const { question, fields, body, keys } of askings) {
            const path = comparePath(open.id, question, { ...fields, edits: number });
            const { totals } = await ask<Answer>({ path, ...(body !== undefined && { body }) }, signal, tell);
            const row = ([totals].flat() as unknown as Row[])[0] ?? {};
            values.push(...keys.map((key) => numberIn(row, key)));
          }
          steps.push({ number, values });
        }
        return { subject, keys: askings.flatMap((asking) => asking.keys), steps };
      });
    });
  }
}

/** The scenario's side of a comparison; access as it is told, for one person or a thousand. */
function numberIn(row: Row, key: string): number | null {
  const value = row[`scenario.${key}`];
  if (typeof value !== 'number') return null;
  return key === 'value' ? value * access.scale : value;
}

export const keyFigures = new KeyFigures();
