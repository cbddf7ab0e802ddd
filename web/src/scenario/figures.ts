/** Which key figures (关键指标) tell what a scenario does: those of the question that is open. */
import type { View } from '../state/url.ts';

export const SUBJECTS = ['city', 'balance', 'commute', 'stations', 'coverage', 'access', 'gaps'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** A question that is asked at every step, and the totals of its answer that are told. */
export interface Asking {
  question: string;
  /** Its fields in the address. */
  fields: Record<string, string | number | undefined>;
  body?: unknown;
  keys: string[];
}

/** What the figures are of: the open mode; in a scenario's own, what it is compared by, else the mode that one came from. */
export function subjectOf({ mode, about, balance, compared }: Pick<View, 'mode' | 'about' | 'balance' | 'compared'>): Subject {
  if (mode === 'scenario' && compared.startsWith('gaps.')) return 'gaps';
  if (mode === 'scenario' && compared.startsWith('coverage.')) return 'coverage';
  switch (mode === 'scenario' ? about : mode) {
    case 'balance':
      return balance === 'commuting' ? 'commute' : 'balance';
    case 'reach':
      return 'stations';
    case 'access':
      return 'access';
    case 'gaps':
      return 'gaps';
    case 'overview':
    case 'browse':
    case 'zoning':
      return 'city';
  }
}
