import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { fill, spacedOut } from './fill.ts';
import { zh, type Key } from './zh.ts';

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).toSorted();

describe('texts', () => {
  it('have the same gaps in both languages', () => {
    for (const key of Object.keys(zh) as Key[]) expect([key, names(en[key])]).toEqual([key, names(zh[key])]);
  });

  it('keep an unknown gap visible', () => {
    expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}');
  });

  it('set figures and Latin letters apart from the Chinese that follows', () => {
    expect(['步行 800 m', '公交 45 分钟', '地点 2', '体育西路'].map((text) => `${spacedOut(text)}等`)).toEqual(['步行 800 m 等', '公交 45 分钟等', '地点 2 等', '体育西路等']);
  });

  it('have words for every reason of the server', () => {
    const server = readFileSync(new URL('../../../src/domain/count.rs', import.meta.url), 'utf8');
    const keys = [...server.matchAll(/Reason::\w+ => "(\w+)"/g)].map((found) => found[1]);
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(Object.keys(zh)).toContain(`reason_${key}`);
  });

  it('have words for every unit of the terms and of the layers', () => {
    const folder = new URL('../../../layers/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.toml') && !file.startsWith('norms'));
    const units = files.flatMap((file) => [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^unit *= *"(\w+)"/gm)].map((found) => found[1]!));
    expect(new Set(units).size).toBeGreaterThan(12);
    for (const unit of units) expect([unit, `unit_${unit}` in zh, `unit_${unit}` in en]).toEqual([unit, true, true]);
  });

  it('contain no English sentence in Chinese', () => {
    const allowed = /Excel|CSV|English|Esc|suitu import districts|suitu import (?:streets|clinics|flows)|suitu (?:serve|migrate|protect (?:publish|retire))|--city(?: city\.gpkg)?|--protected|--protection-key|SUITU_\w+|km²|m²|\bm\b|\{\w+\}/g;
    for (const text of Object.values(zh)) expect(text.replace(allowed, '')).not.toMatch(/[A-Za-z]{3,}/);
  });
});

describe('pages', () => {
  it('write no Chinese punctuation past the texts', () => {
    const folder = new URL('../', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.svelte'));
    expect(files.length).toBeGreaterThan(80);
    for (const file of files) {
      const page = readFileSync(new URL(file, folder), 'utf8').replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      // What a page reads may be written in either language.
      const written = page.replace(/(?:split|replace)\((?:\/.*?\/\w*|'[^']*')/g, '').split('\n');
      expect([file, written.filter((line) => /[（），。；：、]/.test(line))]).toEqual([file, []]);
    }
  });
});
