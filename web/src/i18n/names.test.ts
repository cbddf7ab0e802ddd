import { afterEach, expect, test, vi } from 'vitest';

const view = vi.hoisted(() => ({ lang: 'zh' }));
vi.mock('../state/view.svelte.ts', () => ({ view }));
const { listed, namedAreas, sourced } = await import('./index.ts');

afterEach(() => (view.lang = 'zh'));

test('a source is told in English where somebody told it, else as it stands', () => {
  const both = { source: '某局', source_en: 'a bureau' };
  expect(sourced(both)).toBe('某局');
  view.lang = 'en';
  expect(sourced(both)).toBe('a bureau');
  expect(sourced({ source: '某局', source_en: '' })).toBe('某局');
  expect(sourced({ source: '某局' })).toBe('某局');
  expect(sourced(undefined)).toBe('');
});

test('a list is told apart from the lists within it', () => {
  expect(listed(['规划人员', '交通人员'])).toBe('规划人员、交通人员');
  expect(listed(['规划人员', '区、街道人员'])).toBe('规划人员；区、街道人员');
  expect(listed([])).toBe('');
  view.lang = 'en';
  expect(listed(['Planner', 'District official'])).toBe('Planner, District official');
});

test('a few areas are all named, of many the first and how many there are', () => {
  const areas = ['甲', '乙', '丙', '丁', '戊'].map((name, i) => ({ name, name_en: 'ABCDE'[i]! }));
  expect(namedAreas(areas.slice(0, 4))).toBe('甲、乙、丙、丁');
  expect(namedAreas(areas)).toBe('甲、乙、丙等 5 个单元');
  view.lang = 'en';
  expect(namedAreas(areas.slice(0, 2))).toBe('A, B');
  expect(namedAreas(areas)).toBe('A, B, C and others, 5 areas in all');
});
