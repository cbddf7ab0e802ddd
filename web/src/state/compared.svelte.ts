/** What a scenario is compared by with the city as it is, on the map and in the table. */
import { comparePath } from '../api/scenarios.ts';
import { asked, ground } from './city.svelte.ts';
import { gaps } from './gaps.svelte.ts';
import { scenario } from './scenario.svelte.ts';
import { view } from './view.svelte.ts';

/** A question and what its rows are compared by; the first columns can be mapped. */
interface Subject {
  question: 'balance' | 'coverage' | 'gaps' | 'zoning';
  /** Columns that the map can show. */
  mapped: string[];
  /** Columns of the table. */
  columns: string[];
  /** Columns of words, which have no difference. */
  words?: string[];
}

const SUBJECTS: Subject[] = [
  {
    question: 'balance',
    mapped: ['jobs_per_employed_resident', 'usual_residents', 'jobs'],
    columns: ['usual_residents', 'employed_residents', 'jobs', 'jobs_per_employed_resident'],
  },
  { question: 'coverage', mapped: ['share_covered'], columns: ['covered', 'uncovered', 'total', 'share_covered'] },
  {
    question: 'gaps',
    mapped: ['shortfall', 'network_share_covered'],
    columns: ['shortfall', 'fulfilment', 'facilities', 'capacity', 'required', 'network_share_covered'],
  },
  {
    question: 'zoning',
    mapped: ['capacity_ratio'],
    columns: ['present_residents', 'planned_capacity', 'capacity_ratio'],
    words: ['class'],
  },
];

class Compared {
  /** `question.column` of everything that the map can show. */
  options = SUBJECTS.flatMap((subject) => subject.mapped.map((column) => `${subject.question}.${column}`));

  private option = $derived(this.options.find((option) => option === view.compared) ?? this.options[0]!);
  private subject = $derived(SUBJECTS.find((subject) => this.option.startsWith(`${subject.question}.`))!);

  question = $derived(this.subject.question);
  column = $derived(this.option.slice(this.question.length + 1));
  /** The columns of both sides and of their difference. */
  columns = $derived([
    ...(this.subject.words ?? []).flatMap((of) => [`base.${of}`, `scenario.${of}`]),
    ...this.subject.columns.flatMap((of) => [`base.${of}`, `scenario.${of}`, `difference.${of}`]),
  ]);

  /** Whether layout classes are compared, which change by name and not by number. */
  isOfClasses = $derived(this.subject.question === 'zoning');

  /** Two maps show what there is, one map what changes. */
  side = $derived(view.sides === 'difference' ? 'difference' : 'scenario');

  /** The norm's service where gaps are compared. */
  service = $derived(gaps.service || view.service || 'primary_school');

  path(id: number, level: string): string {
    const { period, caliber } = asked();
    const fields = {
      balance: { caliber },
      coverage: { layer: scenario.facility, cutoff: 1000, demand: caliber },
      zoning: { caliber, lang: view.lang },
      gaps: { services: this.service, norms: view.norms, caliber },
    }[this.question];
    return comparePath(id, this.question, { level, period, ...fields });
  }

  /** Whether a facility is there to be reached. */
  isKnown(option: string): boolean {
    return !option.startsWith('coverage.') || (scenario.facility !== '' && ground.layer(scenario.facility) !== undefined);
  }
}

export const compared = new Compared();
