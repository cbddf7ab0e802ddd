import type { Column } from '../state/columns.ts';
import { cell, edge } from '../format/number.ts';

/** The words of a class between two edges; percent for shares. */
export function classLabel(breaks: readonly number[], i: number, column: Pick<Column, 'format' | 'decimals'>): string {
  const say = (value: number) => (column.format === 'share' ? cell(value, 'share', column.decimals) : edge(value));
  if (breaks.length === 0) return '';
  if (i === 0) return `< ${say(breaks[0]!)}`;
  if (i === breaks.length) return `≥ ${say(breaks[i - 1]!)}`;
  return `${say(breaks[i - 1]!)} – ${say(breaks[i]!)}`;
}
