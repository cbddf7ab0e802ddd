import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { fill } from './fill.ts';
import { zh, type Key } from './zh.ts';

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).toSorted();

describe('texts', () => {
  it('have the same gaps in both languages', () => {
    for (const key of Object.keys(zh) as Key[]) expect([key, names(en[key])]).toEqual([key, names(zh[key])]);
  });

  it('keep an unknown gap visible', () => {
    expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}');
  });

  it('have words for every reason of the server', () => {
    const server = readFileSync(new URL('../../../src/domain/count.rs', import.meta.url), 'utf8');
    const keys = [...server.matchAll(/Reason::\w+ => "(\w+)"/g)].map((found) => found[1]);
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(Object.keys(zh)).toContain(`reason_${key}`);
  });

  it('contain no English sentence in Chinese', () => {
    const allowed = /Excel|CSV|English|Esc|suitu import districts|suitu import (?:streets|clinics|flows)|suitu serve|--city city\.gpkg|km²|m²|\bm\b|\{\w+\}/g;
    for (const text of Object.values(zh)) expect(text.replace(allowed, '')).not.toMatch(/[A-Za-z]{3,}/);
  });
});
