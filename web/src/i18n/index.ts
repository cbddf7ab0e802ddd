import type { Title } from '../api/types.ts';
import { view } from '../state/view.svelte.ts';
import { en } from './en.ts';
import { fill, spacedOut } from './fill.ts';
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

/** Who says it, in the language of the page; as it stands where nobody told it in English. */
export function sourced(of: { source?: string; source_en?: string } | undefined | null): string {
  return (view.lang === 'en' && of?.source_en) || of?.source || '';
}

/** The name of an area or feature. */
export function named(of: { name?: unknown; name_en?: unknown }): string {
  const name = view.lang === 'en' ? of.name_en || of.name : of.name || of.name_en;
  return typeof name === 'string' ? name : '';
}

/** Several things in a line, told apart even where one of them is a list itself (区、街道人员). */
export function listed(things: string[]): string {
  const comma = t('and_name');
  return things.join(things.some((thing) => thing.includes(comma.trim())) ? t('and_list') : comma);
}

/** Several areas in a line: all of a few, else the first of them and how many there are. */
export function namedAreas(areas: { name: string; name_en?: string | null }[]): string {
  const [few, listed] = [4, 3];
  const shown = areas.slice(0, areas.length > few ? listed : few).map(named).join(t('and_name'));
  return areas.length > few ? t('and_more_areas', { names: shown, n: areas.length }) : shown;
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

/** A value that words follow closely, as either language sets it apart from them. */
export const spaced = (text: string) => (view.lang === 'zh' ? spacedOut(text) : text);

/** Why a value is undefined. */
export function reasonTitle(reason: unknown): string {
  const key = `reason_${String(reason)}`;
  return key in zh ? t(key as Key) : t('reason_unknown');
}
