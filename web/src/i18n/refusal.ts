import type { Problem, Values } from '../api/client.ts';
import { listed, t, titled, type Key } from './index.ts';
import { zh } from './zh.ts';

/** What a refusal means to whoever reads it, in the language of the page; what the server says in English is left to the details. */
export function said(problem: Problem): string {
  if (problem.offline) return t('error_no_server');
  if (problem.said) return titled(problem.said);
  if (problem.faults.length) return problem.faults.map((fault) => titled(fault.message)).join(t('between_sentences'));
  const waits = problem.values['retry_after_s'];
  if (problem.status === 429 && problem.reason !== 'busy' && typeof waits === 'number') return t('refused_delayed_until', { seconds: waits });
  if (problem.field === 'period' && Array.isArray(problem.values['periods'])) return t('refused_no_period', worded(problem.values));
  const key = `refused_${problem.reason ?? ''}`;
  if (problem.reason === 'no_service' && listOf(problem.values, 'nearest').length === 0) return t('refused_no_service_at_all');
  if (key in zh) return t(key as Key, { field: problem.field ? fieldTitle(problem.field) : '', ...worded(problem.values) });
  if (problem.status === 429) return t('refused_delayed');
  if (problem.field) return t('refused_field', { field: fieldTitle(problem.field) });
  return t('refused_other');
}

/** Words for a reason that a program gives. */
export function refused(reason: string): string {
  const key = `refused_${reason}`;
  return key in zh ? t(key as Key) : t('refused_other');
}

/** Values as a sentence has them: lists with commas, kinds of things in words. */
function worded(values: Values): Record<string, string | number> {
  const word = (name: string, value: Values[string]) =>
    Array.isArray(value) ? listed(value) || '—' : name === 'what' ? titleOf('what', String(value), t('what_thing')) : name === 'unit' ? titleOf('limit_unit', String(value), String(value)) : value;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, word(name, value)]));
}

function listOf(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** A parameter of a question as the page calls it: `candidates.grid_m` is among the candidates. */
const fieldTitle = (field: string) => titleOf('field', field.split('.')[0]!, field);

function titleOf(kind: 'what' | 'field' | 'limit_unit', name: string, otherwise: string): string {
  const key = `${kind}_${name.replace(/\W+/g, '_')}`;
  return key in zh ? t(key as Key) : otherwise;
}
