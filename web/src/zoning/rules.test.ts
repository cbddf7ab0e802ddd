import { describe, expect, it } from 'vitest';
import { criteriaOf, groupsOf, rangeOf } from './rules.ts';
import type { Criterion, ZoningClass } from './types.ts';

const criterion = (key: string): Criterion => ({ key, indicator: 'capacity_ratio', comparison: '>', threshold: 1, unit: 'share', source: '', confidence: 'C' });
const rule = (of: Partial<ZoningClass>): ZoningClass => ({ id: 'a', title: { zh: '甲', en: 'A' }, guidance: { zh: '', en: '' }, colour: '#112233', direction: 'hold', ...of });

describe('the criteria of a class', () => {
  it('stand in groups, nested ones too', () => {
    const nested = rule({ all: [criterion('a.1'), { any: [{ all: [criterion('a.2'), criterion('a.3')] }, criterion('a.4')] }] });
    expect(criteriaOf(nested).map((c) => c.key)).toEqual(['a.1', 'a.2', 'a.3', 'a.4']);
    expect(groupsOf(nested).map((group) => [group.isAny, group.criteria.map((c) => c.key)])).toEqual([
      [false, ['a.1']],
      [true, ['a.4']],
      [false, ['a.2', 'a.3']],
    ]);
    expect(groupsOf(rule({ any: [criterion('a.1')] }))[0]!.isAny).toBe(true);
  });

  it('have a slider that holds their thresholds', () => {
    expect(rangeOf({ indicator: 'density_per_km2', is_share: false })[1]).toBeGreaterThan(20_000);
    expect(rangeOf({ indicator: 'planned_capacity_ratio', is_share: true })[1]).toBeGreaterThan(100);
  });
});
