import { describe, expect, it } from 'vitest';
import { decodeView, defaultView, encodeView, type View } from './url.ts';

describe('the address', () => {
  it('keeps a date without a window', () => {
    const view: View = { ...defaultView(), departure: { date: '2019-05-13', from: null, to: null, percentile: 50 } };
    expect(decodeView(encodeView(view)).departure).toEqual(view.departure);
  });

  it('is bare for the first view', () => {
    expect(encodeView(defaultView())).toBe('');
  });

  it('restores exactly what it was written from', () => {
    const view: View = {
      lang: 'en',
      mode: 'balance',
      period: '2020-11-01',
      since: '2010',
      since_share: true,
      caliber: 'hukou_residents',
      level: 'subdistrict',
      subject: 'workplaces.jobs',
      display: 'density',
      measure: 'balance_index',
      catchment_m: 5000,
      balance: 'scales',
      commute: 'mean_distance_km',
      commuters: '地铁',
      flows: 50,
      listing: true,
      bivariate: true,
      cells: [0, 8],
      method: 'custom',
      classes: 7,
      breaks: [0.5, 0.8, 1.2],
      palette: 'PuOr',
      layers: ['stations', 'schools'],
      selection: { kind: 'feature', layer: 'stations', id: '广州 塔/1,2' },
      polygon: [[113.1, 23.1], [113.2, 23.1], [113.2, 23.25]],
      chosen: [{ kind: 'station', id: 'a,b' }, { kind: 'station', id: '@体育西路' }, { kind: 'line', line: '3号线, 北延' }, { kind: 'place', lon: 113.2, lat: 23.1 }],
      before: [{ kind: 'station', id: 'line:1' }],
      after: [],
      way: 'transit',
      unit: 'min',
      cutoffs: [10, 15, 30],
      cutoff: 12,
      beside: false,
      circle_m: 800,
      departure: { date: '2019-05-13', from: 450, to: 1470, percentile: 90 },
      timing: 'arrival',
      arrive: 1530,
      tab: 'coverage',
      network_m: 500,
      facility: 'clinics',
      capacity: 'beds',
      demand: 'age_65_79',
      access: 'e2sfca',
      decay: { kind: 'bands', values: [10, 1, 30, 0.25] },
      poverty_line: 12.5,
      grid: true,
      scenario: 12,
      sides: 'swipe',
      compared: 'gaps.shortfall',
      about: 'access',
      norms: 'gb_50180_2018',
      service: 'primary_school',
      within: '440106',
      gap: 'fulfilment',
      gap_way: 'straight',
      sites: 3,
      objective: 'centre',
      candidates: 'residential_land',
      site_capacity: 1080,
      aims: true,
      rules: 'own',
      thresholds: { 'disperse.1': 21000, 'gather.2': -0.05 },
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

  it('opens links from before the mode had its name', () => {
    const view = decodeView('mode=stations&stations=a%252Cb,c&reach=walk&cutoffs=300');
    expect(view).toMatchObject({ mode: 'reach', way: 'walk', cutoffs: [300] });
    expect(view.chosen).toEqual([{ kind: 'station', id: 'a,b' }, { kind: 'station', id: 'c' }]);
    expect(decodeView('mode=stations').way).toBe('straight');
  });

  it('falls back to the default for what it cannot read', () => {
    const view = decodeView('mode=war&departure=2019-05-13,09:00,08:00,50&stations=@1;x&by=rocket&cutoff=-3&classes=99&map=nowhere&polygon=1,2;3&catchment_m=-1&feature=x&period=now&sort=-');
    expect(view).toEqual(defaultView());
  });
});
