import type { Title } from '../api/types.ts';
import { view } from '../state/view.svelte.ts';
import { en } from './en.ts';
import { fill } from './fill.ts';
import { zh, type Key } from './zh.ts';

export type { Key } from './zh.ts';

/** The text of a key in the language of the view; re-renders when the language changes. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill((view.lang === 'en' ? en : zh)[key], values);
}

/** A title that came from the server. */
export function titled(title: Title | undefined | null): string {
  if (!title) return '';
  return view.lang === 'en' ? title.en || title.zh : title.zh || title.en;
}

/** The name of an area or feature. */
export function named(of: { name?: unknown; name_en?: unknown }): string {
  const name = view.lang === 'en' ? of.name_en || of.name : of.name || of.name_en;
  return typeof name === 'string' ? name : '';
}

/** One area of a level: 区, District, Planning unit; the level's title is the plural. */
export function oneOfLevel(level: { id: string; title: Title } | undefined): string {
  if (!level || view.lang !== 'en') return titled(level?.title);
  const words = level.id.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A title in the middle of an English sentence; abbreviations keep their capitals. */
export function inSentence(title: string): string {
  return view.lang === 'en' && /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}

/** A unit as the layer definitions name it, in words; unknown units stay as they are. */
export function unitTitle(unit: string): string {
  const key = `unit_${unit}`;
  return key in zh ? t(key as Key) : unit;
}

/** Why a value is undefined. */
export function reasonTitle(reason: unknown): string {
  const key = `reason_${String(reason)}`;
  return key in zh ? t(key as Key) : t('reason_unknown');
}
