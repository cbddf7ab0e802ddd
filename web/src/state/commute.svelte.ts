import { commutePath, flowsPath, findFlows, type Question } from '../api/questions.ts';
import type { Flows, Row } from '../api/types.ts';
import { named, t } from '../i18n/index.ts';
import { asked, ground } from './city.svelte.ts';
import { places } from './places.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

/** The measures of commuting (通勤) that can be mapped, as far as the answer has them. */
const MEASURES = ['self_containment', 'self_sufficiency', 'independence', 'mean_distance_km', 'mean_time_min', 'share_within_5_km', 'share_within_45_min'];

/** A flow between two areas, as map, table and card show it. */
export interface Flow {
  /** Origin and destination: what rows and arcs are told apart by. */
  key: string;
  from: [number, number];
  to: [number, number];
  row: Row;
}

/** A way to work by its usual name; cities may have others of their own. */
export function wayTitle(mode: string): string {
  switch (mode) {
    case 'walk':
    case 'bicycle':
    case 'transit':
    case 'car':
      return t(`way_${mode}`);
    default:
      return mode;
  }
}

/** Commuting between the areas of the level: the measures of each area, and the largest flows. */
class Commute {
  answer = new Resource<Flows>();
  /** The flow that was clicked, on the map or in the table. */
  chosen = $state<string | null>(null);

  /** Ways to work by which the city's flows are told apart. */
  modes = $derived([...new Set((ground.city?.flows ?? []).flatMap((flows) => flows.modes))]);
  mode = $derived(this.modes.includes(view.commuters) ? view.commuters : '');

  isKnown = $derived((ground.city?.flows ?? []).length > 0);
  isShown = $derived(view.mode === 'balance' && view.balance === 'commuting' && this.isKnown);

  /** The chosen area, whose flows alone are shown. */
  area = $derived(view.selection?.kind === 'area' ? view.selection.code : null);

  measuresOf = (rows: readonly Row[]) => MEASURES.filter((key) => rows.some((row) => typeof row[key] === 'number'));

  question = $derived.by((): Question | null => {
    const level = ground.level?.id;
    return this.isShown && level ? { path: commutePath(level, this.mode, asked()) } : null;
  });

  flowsQuestion = $derived.by((): Question | null => {
    const level = ground.level?.id;
    // An area of another level may be chosen from a breadcrumb.
    const area = this.area !== null && places.name(this.area)?.['level'] === level ? this.area : null;
    return this.isShown && level ? { path: flowsPath(level, area, this.mode, view.flows, asked()) } : null;
  });

  flows = $derived.by((): Flow[] =>
    (this.isShown ? (this.answer.value?.features ?? []) : []).map(({ geometry, properties }) => ({
      key: `${String(properties['origin_code'])}>${String(properties['destination_code'])}`,
      from: geometry.coordinates[0] as [number, number],
      to: geometry.coordinates[1] as [number, number],
      row: { ...properties, origin_name: this.nameOf(properties, 'origin'), destination_name: this.nameOf(properties, 'destination') },
    })),
  );

  byKey = $derived(new Map(this.flows.map((flow) => [flow.key, flow])));
  most = $derived(this.flows.reduce((most, flow) => Math.max(most, Number(flow.row['commuters'])), 0));

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const question = this.flowsQuestion;
      if (question) this.answer.ask(question.path, (signal) => findFlows(question.path, signal));
      else this.answer.clear();
    });
  }

  private nameOf(row: Row, end: 'origin' | 'destination'): string {
    const place = places.name(String(row[`${end}_code`]));
    return (place && named(place)) || String(row[`${end}_name`] ?? '');
  }
}

export const commute = new Commute();
