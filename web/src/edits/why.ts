import type { Problem } from '../api/client.ts';
import { t } from '../i18n/index.ts';
import { said } from '../i18n/refusal.ts';

/** What became of an edit that was not confirmed; without an answer nobody knows, and what was typed is still there. */
export const whyNot = (problem: Problem): string => (problem.offline ? t('edit_unanswered') : t('edit_failed', { why: said(problem) }));
