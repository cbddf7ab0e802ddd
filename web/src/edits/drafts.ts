/** What was typed into a form and not saved: it outlives the end of a session, for the same account and in the same tab. */
import type { FeatureCard } from '../api/types.ts';

/** Of which feature, at which period, and whose. */
export interface Whose {
  account: string;
  layer: string;
  id: string;
  period: string;
}

export interface Draft {
  /** The feature as it was when the form was opened. */
  seen: FeatureCard;
  /** By attribute. */
  typed: Record<string, string>;
  reason: string;
}

const PREFIX = 'suitu-draft ';
const keyOf = ({ account, layer, id, period }: Whose) => PREFIX + JSON.stringify([account, layer, period, id]);

/** Nothing is kept of a form into which nothing was typed. */
export function keepDraft(whose: Whose, draft: Draft): void {
  try {
    if (Object.keys(draft.typed).length === 0) sessionStorage.removeItem(keyOf(whose));
    else sessionStorage.setItem(keyOf(whose), JSON.stringify(draft));
  } catch {
    // A browser without room for it keeps the form alone.
  }
}

export function findDraft(whose: Whose): Draft | null {
  const text = sessionStorage.getItem(keyOf(whose));
  return text === null ? null : (JSON.parse(text) as Draft);
}

export const dropDraft = (whose: Whose): void => sessionStorage.removeItem(keyOf(whose));

/** Of everybody: whoever signs out leaves nothing. */
export function dropDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
