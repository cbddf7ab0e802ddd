import type { Comparison, Condition, Criterion, IndicatorWords, ZoningClass } from './types.ts';

/** The criteria of a class in the order of the rules. */
export function criteriaOf(rule: ZoningClass): Criterion[] {
  return [...(rule.all ?? []), ...(rule.any ?? [])].flatMap(leaves);
}

function leaves(condition: Condition): Criterion[] {
  if ('indicator' in condition) return [condition];
  return ('all' in condition ? condition.all : condition.any).flatMap(leaves);
}

export interface Group {
  isAny: boolean;
  criteria: Criterion[];
}

/** What stands together: single criteria of a class that asks for all, and the groups in it. */
export function groupsOf(rule: ZoningClass): Group[] {
  const groups = (conditions: readonly Condition[], isAny: boolean): Group[] => {
    const singles = conditions.filter((condition) => 'indicator' in condition);
    const others = conditions.filter((condition): condition is Exclude<Condition, Criterion> => !('indicator' in condition));
    const own = singles.length > 0 ? [{ isAny, criteria: singles }] : [];
    return [...own, ...others.flatMap((group) => ('all' in group ? groups(group.all, false) : groups(group.any, true)))];
  };
  return rule.any ? groups(rule.any, true) : groups(rule.all ?? [], false);
}

export function signOf(comparison: Comparison): string {
  return { '>': '>', '>=': '≥', '<': '<', '<=': '≤' }[comparison];
}

/** From, to and step of a slider, in percent for shares. */
export function rangeOf(word: Pick<IndicatorWords, 'indicator' | 'is_share'>): [from: number, to: number, step: number] {
  if (word.indicator.endsWith('density_per_km2')) return [0, 60_000, 500];
  if (word.indicator === 'growth_yearly_share') return [-10, 10, 0.1];
  if (word.indicator === 'planned_growth_share') return [-50, 150, 1];
  if (word.indicator.endsWith('capacity_ratio')) return [0, 200, 1];
  if (word.indicator === 'service_fulfilment') return [0, 200, 1];
  if (word.is_share) return [0, 100, 1];
  if (word.indicator === 'balance_index') return [-1, 1, 0.01];
  return [0, 4, 0.01];
}
