/**
 * Noto Sans SC for the map's labels.
 *
 * The family is cut into about a hundred files by Unicode range. MapLibre fetches those whose
 * characters a label needs, before it draws the label, so no fallback glyph is ever baked in.
 */
import ranges from '@fontsource-variable/noto-sans-sc/unicode.json';
import type { FontFacesSpecification } from 'maplibre-gl';

export const LABEL_FONT = 'Noto Sans SC';
export const PAGE_FONT = 'Noto Sans SC Variable';

const files = import.meta.glob<string>(
  '../../node_modules/@fontsource-variable/noto-sans-sc/files/noto-sans-sc-*-wght-normal.woff2',
  { query: '?url', import: 'default', eager: true },
);

export function fontFaces(): FontFacesSpecification {
  const faces = Object.entries(ranges as Record<string, string>).flatMap(([subset, range]) => {
    const name = `/noto-sans-sc-${subset}-wght-normal.woff2`;
    const url = Object.entries(files).find(([path]) => path.endsWith(name))?.[1];
    return url ? [{ url: new URL(url, location.href).href, 'unicode-range': range.split(',') }] : [];
  });
  return { [LABEL_FONT]: faces };
}

/** Waits for the page's font, so that nothing is measured or drawn in another. */
export async function loadPageFont(): Promise<void> {
  const text = '穗图人口地理信息系统 0123456789';
  await Promise.all([400, 500, 600].map((weight) => document.fonts.load(`${weight} 14px "${PAGE_FONT}"`, text)));
}
