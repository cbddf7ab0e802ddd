/** What the server asks of what is typed into each form, in words. */
import type { Problem } from '../api/client.ts';
import type { Key } from '../i18n/index.ts';
import { t } from '../i18n/index.ts';
import { said } from '../i18n/refusal.ts';

/** By form and field of a refusal; `conflict` is what stands against it although every field is right. */
const RULES = {
  password: { password: 'password_rule' },
  factor: { code: 'code_wrong', current: 'code_current_wrong', conflict: 'factor_again' },
  token: { title: 'token_title_rule', days: 'token_days_rule', roles: 'token_roles_rule', conflict: 'token_most' },
  account: { name: 'user_name_rule', title: 'user_title_rule', conflict: 'user_not_here' },
  grant: { scope: 'grant_scope_rule', roles: 'grant_roles_rule', conflict: 'user_not_here' },
  policy: { password_days: 'policy_password_days_rule', idle_minutes: 'policy_idle_minutes_rule' },
  record: { from: 'audit_day_rule', until: 'audit_day_rule' },
} as const satisfies Record<string, Record<string, Key>>;

export type Form = keyof typeof RULES;

/** The rule that was broken, if it is one of the form. */
export function ruleOf(form: Form, problem: Problem): Key | undefined {
  if (problem.reason) return undefined;
  const rules: Record<string, Key> = RULES[form];
  return rules[problem.field ?? (problem.status === 409 ? 'conflict' : '')];
}

/** Why a form was refused. */
export function whyOf(form: Form | undefined, problem: Problem): string {
  const rule = form && ruleOf(form, problem);
  return rule ? t(rule) : said(problem);
}

/** What to say beside a field; empty where that is not what was refused. */
export const wrongOf = (form: Form, field: string, problem: Problem | null): string =>
  problem?.field === field && ruleOf(form, problem) ? whyOf(form, problem) : '';
