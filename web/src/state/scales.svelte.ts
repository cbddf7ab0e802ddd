import { get } from '../api/client.ts';
import { balanceReportPath, type Question } from '../api/questions.ts';
import type { BalanceReport, Row } from '../api/types.ts';
import { t, titled } from '../i18n/index.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

/** The job-housing balance at every scale at once (职住平衡多尺度), quantity beside quality. */
class Scales {
  answer = new Resource<BalanceReport>();

  isShown = $derived(view.mode === 'balance' && view.balance === 'scales');

  question = $derived.by((): Question | null => (this.isShown ? { path: balanceReportPath('scales', asked()) } : null));
  nominalQuestion = $derived.by((): Question | null => (this.isShown ? { path: balanceReportPath('nominal', asked()) } : null));

  band = $derived(this.answer.value?.rules.band ?? null);

  /** The scales from the largest unit to the smallest, each by its name here. */
  rows = $derived.by((): Row[] =>
    (this.answer.value?.rows ?? []).map((row) => {
      const name = row['scale'] === 'city' ? t('map_home') : titled(row['title'] as never);
      return { ...row, code: row['scale'], name, name_en: name };
    }),
  );

  nominal = $derived<Row[]>(this.answer.value?.nominal ?? []);

  /** Whether commuting flows tell what is balanced in fact. */
  hasFlows = $derived(this.rows.some((row) => typeof row['nominal_units'] === 'number'));

  /** Whether the areas of a scale can be mapped. */
  isMappable = (scale: unknown): boolean => (ground.city?.levels ?? []).some((level) => level.id === scale);

  /** Shows a scale on the map. */
  show(scale: string): void {
    if (!this.isMappable(scale)) return;
    view.level = scale;
    view.selection = null;
  }

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const question = this.question;
      if (question) this.answer.ask(question.path, (signal) => get<BalanceReport>(question.path, signal));
    });
  }
}

export const scales = new Scales();
