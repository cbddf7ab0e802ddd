import type { Column } from '../state/columns.ts';
import { cell, edge } from '../format/number.ts';

/** The words of a class between two edges; percent for shares. */
export function classLabel(breaks: readonly number[], i: number, column: Pick<Column, 'format' | 'decimals'>): string {
  const say = (value: number) => (column.format === 'share' ? cell(value, 'share', column.decimals) : edge(value));
  if (breaks.length === 0) return '';
  // Between edges that are no whole numbers a count is told by those that lie between.
  if (column.format === 'integer' && i > 0 && i < breaks.length && !(Number.isInteger(breaks[i - 1]) && Number.isInteger(breaks[i]))) {
    const [from, until] = [Math.ceil(breaks[i - 1]!), Math.floor(breaks[i]!)];
    return from === until ? edge(from + 0) : `${edge(from)} – ${edge(until)}`;
  }
  if (i === 0) return `< ${say(breaks[0]!)}`;
  if (i === breaks.length) return `≥ ${say(breaks[i - 1]!)}`;
  return `${say(breaks[i - 1]!)} – ${say(breaks[i]!)}`;
}
