import type { Problem } from '../api/client.ts';
import { t, type Key } from '../i18n/index.ts';
import { zh } from '../i18n/zh.ts';

/** What a refusal of the accounts means to whoever reads it. */
export function said(problem: Problem): string {
  if (problem.offline) return t('error_no_server');
  if (problem.reason && `refused_${problem.reason}` in zh) return refused(problem.reason);
  if (problem.status === 429) return t('refused_delayed');
  if (problem.field === 'password') return t('password_rule');
  if (problem.status === 409) return t('refused_conflict', { detail: problem.detail });
  return t('refused_other', { detail: problem.detail });
}

/** Words for a reason that a program gives. */
export function refused(reason: string): string {
  const key = `refused_${reason}`;
  return key in zh ? t(key as Key) : t('refused_other', { detail: reason });
}

/** A moment in the reader's own time. */
export function moment(at_ms: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const at = new Date(at_ms);
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}
