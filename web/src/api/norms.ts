/** The city's own copies of norms (标准). */
import { get, write } from './client.ts';
import type { NormFigure, NormFigureKey, NormSet } from './types.ts';

export const normsPath = (set: string) => `/api/norms/${encodeURIComponent(set)}`;

/** Keeps figures of one service in the city's own copy of a set; all others stay as they are. */
export async function keepFigures(set: string, service: string, figures: Partial<Record<NormFigureKey, NormFigure>>): Promise<void> {
  const whole = await get<NormSet>(normsPath(set));
  const items = whole.items.map((item) => (item.id === service ? { ...item, ...figures } : item));
  await write('PUT', normsPath(set), { ...whole, items });
}

/** Takes the city's own copy away: the built-in set holds again. */
export const dropNorms = (set: string) => write<void>('DELETE', normsPath(set));
