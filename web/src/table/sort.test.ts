import { describe, expect, it } from 'vitest';
import { sortRows, toCsv, toTsv } from './sort.ts';

describe('the table', () => {
  const rows = [{ name: '天河', v: 1.62 }, { name: '番禺', v: null }, { name: '越秀', v: 0.5 }];

  it('keeps undefined values last whichever way it is sorted', () => {
    expect(sortRows(rows, { key: 'v', descending: true }, 'zh').map((row) => row.name)).toEqual(['天河', '越秀', '番禺']);
    expect(sortRows(rows, { key: 'v', descending: false }, 'zh').map((row) => row.name)).toEqual(['越秀', '天河', '番禺']);
  });

  it('sorts Chinese names by pinyin', () => {
    expect(sortRows(rows, { key: 'name', descending: false }, 'zh').map((row) => row.name)).toEqual(['番禺', '天河', '越秀']);
  });

  it('copies as cells, with undefined as an empty cell', () => {
    expect(toTsv(['单元', '职住比'], ['name', 'v'], rows.slice(0, 2))).toBe('单元\t职住比\r\n天河\t1.62\r\n番禺\t');
    expect(toTsv(['a'], ['name'], [{ name: 'x\ty\nz' }])).toBe('a\r\nx y z');
  });
});

it('commas and quotes survive in a CSV that Excel opens', () => {
  expect(toCsv(['名称', '数'], ['name', 'n'], [{ name: '镇龙"北", 21', n: 3 }, { name: null, n: null }])).toBe(
    '\ufeff名称,数\r\n"镇龙""北"", 21",3\r\n,',
  );
});
