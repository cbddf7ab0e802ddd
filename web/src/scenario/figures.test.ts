import { expect, test } from 'vitest';
import { defaultView, MODES } from '../state/url.ts';
import { subjectOf } from './figures.ts';

const of = (fields: Partial<ReturnType<typeof defaultView>>) => subjectOf({ ...defaultView(), ...fields });

test('the figures are those of the open mode', () => {
  const subjects = MODES.map((mode) => [mode, of({ mode })]);
  expect(subjects).toEqual([
    ['overview', 'city'],
    ['browse', 'city'],
    ['balance', 'balance'],
    ['reach', 'stations'],
    ['access', 'access'],
    ['gaps', 'gaps'],
    ['zoning', 'city'],
    ['scenario', 'city'],
  ]);
  expect(of({ mode: 'balance', balance: 'commuting' })).toBe('commute');
});

test('while a scenario is edited they stay those of the mode that one came from', () => {
  expect(of({ mode: 'scenario', about: 'access' })).toBe('access');
  expect(of({ mode: 'scenario', about: 'balance', balance: 'commuting' })).toBe('commute');
});

test('what a scenario is compared by is asked for by name', () => {
  expect(of({ mode: 'scenario', about: 'access', compared: 'gaps.shortfall' })).toBe('gaps');
  expect(of({ mode: 'scenario', about: 'gaps', compared: 'coverage.share_covered' })).toBe('coverage');
  // In another mode that mode's own question is open.
  expect(of({ mode: 'reach', compared: 'gaps.shortfall' })).toBe('stations');
});
