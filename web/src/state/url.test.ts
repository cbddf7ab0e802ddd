import { describe, expect, it } from 'vitest';
import { decodeView, defaultView, encodeView, type View } from './url.ts';

describe('the address', () => {
  it('is bare for the first view', () => {
    expect(encodeView(defaultView())).toBe('');
  });

  it('restores exactly what it was written from', () => {
    const view: View = {
      lang: 'en',
      mode: 'balance',
      period: '2020-11-01',
      caliber: 'hukou_residents',
      level: 'subdistrict',
      subject: 'workplaces.jobs',
      display: 'density',
      measure: 'balance_index',
      catchment_m: 5000,
      bivariate: true,
      cells: [0, 8],
      method: 'custom',
      classes: 7,
      breaks: [0.5, 0.8, 1.2],
      palette: 'PuOr',
      layers: ['stations', 'schools'],
      selection: { kind: 'feature', layer: 'stations', id: '广州 塔/1,2' },
      polygon: [[113.1, 23.1], [113.2, 23.1], [113.2, 23.25]],
      stations: ['a,b', '体育西路'],
      reach: 'walk',
      cutoffs: [300, 500, 800],
      table: true,
      sort: { key: 'jobs', descending: true },
      camera: { lon: 113.26441, lat: 23.12911, zoom: 10.25 },
    };
    expect(decodeView(encodeView(view))).toEqual(view);
  });

  it('keeps an empty list of layers apart from none said', () => {
    expect(decodeView(encodeView({ ...defaultView(), layers: [] })).layers).toEqual([]);
    expect(decodeView('').layers).toBeNull();
  });

  it('falls back to the default for what it cannot read', () => {
    const view = decodeView('mode=war&classes=99&map=nowhere&polygon=1,2;3&catchment_m=-1&feature=x&period=now&sort=-');
    expect(view).toEqual(defaultView());
  });
});
