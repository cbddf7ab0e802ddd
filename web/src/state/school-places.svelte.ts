import { get } from '../api/client.ts';
import { areasPath, schoolPlacesPath, type Question } from '../api/questions.ts';
import type { Answer, ExpectedPlaces, Row, SchoolPlaces as SchoolPlacesAnswer, SchoolPlacesRow } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { asked, ground } from './city.svelte.ts';
import { gaps } from './gaps.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

/** As far as the children of now tell of primary schools, and the most that one question takes. */
const AHEAD = [1, 2, 3, 4, 5, 6];

/** What a year comes to. */
export interface SchoolYear {
  year: number;
  children: number | null;
  shortfall: number | null;
  reason: string | null;
}

/** School places of the next years (学位预测), where the service of the mode 缺口 is a school. */
class SchoolPlaces {
  answer = new Resource<SchoolPlacesAnswer>();
  /** What the smallest areas are called. */
  private names = new Resource<Answer>();

  isSchool = $derived(gaps.isOpen && typeof gaps.item?.class_size?.unit === 'string' && (gaps.item.demand?.attributes?.length ?? 0) > 0);

  question = $derived.by((): Question | null =>
    this.isSchool && gaps.set ? { path: schoolPlacesPath(gaps.service, view.within, gaps.set.id, gaps.way, AHEAD, asked()) } : null,
  );

  private finest = $derived(ground.city?.levels.at(-1));

  /** Only of the service that is looked at. */
  private found = $derived(this.answer.value?.rows.every((row) => row.service === gaps.service) ? this.answer.value : null);

  total = $derived.by((): SchoolPlacesRow | null => this.found?.totals.find((row) => row.service === gaps.service) ?? null);

  /** The reference year of the homes. */
  private present = $derived.by(() => {
    const homes = this.found?.provenance.inputs.find((input) => ground.layer(input.layer)?.kind === 'residence');
    return Number(homes?.reference_date.slice(0, 4)) || 0;
  });

  yearsOf = (row: SchoolPlacesRow): SchoolYear[] => [
    { year: this.present, children: row.children_nearest, shortfall: row.shortfall, reason: row.capacity === null ? 'capacity_incomplete' : null },
    ...row.expected.map((then: ExpectedPlaces) => ({ year: then.year ?? this.present + then.ahead, children: then.children_nearest, shortfall: then.shortfall, reason: then.reason })),
  ];

  years = $derived.by((): SchoolYear[] => (this.total ? this.yearsOf(this.total) : []));

  /** Street by street: the schools in it together. */
  streets = $derived.by((): Row[] => {
    const rows = this.found?.rows ?? [];
    const codes = [...new Set(rows.map((row) => row.code))];
    const named = new Map((this.names.value?.rows ?? []).map((row) => [row['code'], row]));
    return codes.map((code) => {
      const schools = rows.filter((row) => row.code === code);
      const years = schools.map(this.yearsOf);
      const told: Row = {
        code,
        name: named.get(code)?.['name'] ?? (code || t('school_outside')),
        name_en: named.get(code)?.['name_en'],
        facilities: schools.length,
        capacity: sum(schools.map((row) => row.capacity)),
      };
      this.years.forEach(({ year }, at) => {
        told[`children:${year}`] = sum(years.map((known) => known[at]!.children));
        told[`short:${year}`] = sum(years.map((known) => known[at]!.shortfall));
      });
      const unknown = years.flat().find((then) => then.reason !== null)?.reason;
      return { ...told, ...(unknown && { reason: unknown }) };
    });
  });

  /** The level that schools are told by. */
  level = $derived(this.finest?.id ?? '');

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const question = this.question;
      if (!question) return;
      this.answer.ask(question.path, (signal) => get<SchoolPlacesAnswer>(question.path, signal));
      const level = this.finest?.id;
      if (!level) return;
      const path = areasPath(level, { period: asked().period ?? '' });
      this.names.ask(path, (signal) => get<Answer>(path, signal));
    });
  }
}

/** Of all; unknown where a part is. */
const sum = (values: (number | null)[]): number | null => values.reduce((all, value) => (all === null || value === null ? null : all + value), 0);

export const schoolPlaces = new SchoolPlaces();
