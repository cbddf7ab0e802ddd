// A stand-in for the server while it is being written: hexagons in eleven districts.
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import GeoJSONVT from 'geojson-vt';
import vtpbf from 'vt-pbf';

const D = [
  ['440103', '荔湾', 'Liwan', 113.23, 23.09, 59.1, 123.8, 0.95], ['440104', '越秀', 'Yuexiu', 113.27, 23.135, 33.8, 103.9, 1.5],
  ['440105', '海珠', 'Haizhu', 113.32, 23.085, 90.4, 181.9, 0.82], ['440106', '天河', 'Tianhe', 113.37, 23.15, 96.3, 224.2, 1.62],
  ['440111', '白云', 'Baiyun', 113.28, 23.27, 795.8, 374.3, 0.7], ['440112', '黄埔', 'Huangpu', 113.52, 23.2, 484.2, 126.4, 1.4],
  ['440113', '番禺', 'Panyu', 113.37, 22.98, 529.9, 265.8, 0.58], ['440114', '花都', 'Huadu', 113.2, 23.42, 970, 164.2, 0.83],
  ['440115', '南沙', 'Nansha', 113.53, 22.77, 784, 84.6, 0.98], ['440117', '从化', 'Conghua', 113.62, 23.65, 1974.5, 71.8, 0.86],
  ['440118', '增城', 'Zengcheng', 113.78, 23.33, 1616.5, 146.6, 0.66],
];
const R = 0.028, hexes = [];
for (let i = 0; i < 40; i++) for (let j = 0; j < 40; j++) {
  const x = 112.95 + i * R * 1.5, y = 22.55 + (j + (i % 2) / 2) * R * Math.sqrt(3) * 0.92;
  let best = null, bd = 9;
  for (const d of D) { const s = Math.sqrt(d[5]) / 28, q = Math.hypot(x - d[3], y - d[4]) / (0.4 + s); if (q < bd) { bd = q; best = d; } }
  if (bd < 0.17) hexes.push({ x, y, d: best, i, j });
}
const corner = (h) => Array.from({ length: 6 }, (_, k) => { const a = (Math.PI / 3) * k; return [+(h.x + R * Math.cos(a)).toFixed(5), +(h.y + R * 0.92 * Math.sin(a)).toFixed(5)]; });
const key = (p) => p.map((v) => Math.round(v * 2000)).join();
function dissolve(list) {
  const edges = new Map();
  for (const h of list) { const c = corner(h); for (let k = 0; k < 6; k++) { const a = c[k], b = c[(k + 1) % 6]; const r = key(b) + '|' + key(a); if (edges.has(r)) edges.delete(r); else edges.set(key(a) + '|' + key(b), [a, b]); } }
  const from = new Map(); for (const [a, b] of edges.values()) from.set(key(a), [a, b]);
  const rings = [];
  while (from.size) { let [k, [a, b]] = from.entries().next().value; const ring = [a]; while (from.has(k)) { const [, n] = from.get(k); from.delete(k); ring.push(n); k = key(n); } rings.push(ring); }
  return { type: 'MultiPolygon', coordinates: rings.filter((r) => r.length > 3).map((r) => { r[r.length - 1] = r[0]; return [r]; }) };
}
const seed = (() => { let s = 7; return () => (s = (s * 48271) % 2147483647) / 2147483647; })();
const SUR = '东西南北中新沙石白云龙凤山江桥岗村洲滘涌'.split('');
const areas = { district: [], subdistrict: [] };
for (const d of D) {
  const own = hexes.filter((h) => h.d === d);
  const people = Math.round(d[6] * 1e4), jobs = Math.round(people * 0.58 * d[7]);
  const make = (code, name, en, level, parent, list, share, jobShare, km2) => ({ code, name, name_en: en, level, parent, official_area_km2: km2, area_km2: km2 && km2 * 1.004, area_deviation_share: 0.004,
    density_per_km2: km2 ? (people * share) / km2 : null,
    bbox: [Math.min(...list.map((h) => h.x)), Math.min(...list.map((h) => h.y)), Math.max(...list.map((h) => h.x)), Math.max(...list.map((h) => h.y))],
    center: [list.reduce((s, h) => s + h.x, 0) / list.length, list.reduce((s, h) => s + h.y, 0) / list.length],
    'residences.features': Math.round(people * share / 60), 'residences.usual_residents': Math.round(people * share), 'residences.hukou_residents': Math.round(people * share * 0.53), 'residences.employed_residents': Math.round(people * share * 0.58), 'residences.households': Math.round(people * share / 2.4),
    'residences.age_6_11': Math.round(people * share * 0.07), 'workplaces.jobs': Math.round(jobs * jobShare), 'workplaces.features': Math.round(jobs * jobShare / 30), 'stations.features': 5, 'schools.features': 20, 'schools.seats_primary': Math.round(people * share * 0.06), geometry: dissolve(list) });
  areas.district.push(make(d[0], d[1] + '区', d[2], 'district', null, own, 1, 1, d[5]));
  const w = own.map(() => 0.2 + seed()), t = w.reduce((a, b) => a + b, 0), jw = own.map(() => seed() ** 2 + 0.03), jt = jw.reduce((a, b) => a + b, 0);
  own.forEach((h, k) => areas.subdistrict.push(make(`${d[0]}${String(k + 1).padStart(3, '0')}`, SUR[(k * 7) % 20] + SUR[(k * 3 + 5) % 20] + '街道', `${d[2]} ${k + 1}`, 'subdistrict', d[0], [h], k === 3 ? 0 : w[k] / t, k === 3 ? 0 : jw[k] / jt, d[5] / own.length)));
}
const points = { residences: [], workplaces: [], stations: [], schools: [] };
for (let n = 0; n < 6000; n++) { const h = hexes[Math.floor(seed() * hexes.length)]; const at = [h.x + (seed() - 0.5) * R, h.y + (seed() - 0.5) * R];
  points.residences.push([`r${n}`, at, { usual_residents: Math.round(50 + seed() * 4000), employed_residents: Math.round(seed() * 2000), features: 12 }]);
  if (n % 2) points.workplaces.push([`w${n}`, at, { jobs: Math.round(seed() ** 3 * 8000) }]);
  if (n % 15 === 0) points.schools.push([`s${n}`, at, { name: `第${n}小学`, seats_primary: 900, kind: 'primary' }]); }
D.forEach((d, n) => points.stations.push([`st${n}`, [d[3] + 0.01, d[4]], { name: d[1] + '中心', name_en: d[2] + ' Center', mode: 'metro', lines: `${n + 1}号线` }]), 0);
const fc = (id) => {
  const level = { districts: 'district', subdistricts: 'subdistrict' }[id];
  if (level) return areas[level].map((a, n) => ({ type: 'Feature', id: n + 1, geometry: a.geometry, properties: { id: a.code, code: a.code, name: a.name, name_en: a.name_en } }));
  return points[id].map(([i, at, p], n) => ({ type: 'Feature', id: n + 1, geometry: { type: 'Point', coordinates: at }, properties: { id: i, ...p } }));
};
const index = {}; const tilesOf = (id) => (index[id] ??= new GeoJSONVT({ type: 'FeatureCollection', features: fc(id) }, { maxZoom: 16, indexMaxPoints: 0, tolerance: 3 }));
const T = (zh, en) => ({ zh, en });
const att = (id, type, zh, en, unit = '', role = 'other', caliber = '', values = []) => ({ id, type, title: T(zh, en), unit, caliber, role, values });
const L = (id, zh, en, kind, geometry, style, attributes, extra = {}) => ({ id, title: T(zh, en), kind, geometry, level: 'public', area_level: null, zoom: { min: 0, max: 22, detail: 12 }, style: { color: '#0b6e75', attribute: null, palette: null, breaks: null, visible: false, ...style }, attributes,
  periods: [{ period: '2020-11-01', features: 6000, source: '合成数据，依第七次人口普查区级总数', licence: 'CC0', crs: 'EPSG:4490', imported_at: '2026-01-01T00:00:00Z', synthetic: true, estimated: id === 'residences' ? ['employed_residents'] : [], files: [] }], features: points[id]?.length ?? areas[extra.area_level]?.length, bbox: null, totals: {}, missing: { usual_residents: 3 }, outside_areas: {}, ...extra });
const name = [att('name', 'text', '名称', 'Name', '', 'name'), att('name_en', 'text', '英文名', 'English name', '', 'name_en')];
const layers = [
  L('residences', '居住', 'Residences', 'residence', 'point', { color: '#2c7fb8', attribute: 'usual_residents' }, [att('usual_residents', 'count', '常住人口', 'Usual residents', 'person', 'population', 'usual'), att('hukou_residents', 'count', '户籍人口', 'Hukou residents', 'person', 'population', 'hukou'), att('employed_residents', 'count', '就业人口', 'Employed residents', 'person', 'employed'), att('households', 'count', '户数', 'Households', 'household', 'households'), att('age_6_11', 'count', '6–11 岁', 'Age 6–11', 'person', 'age_group')]),
  L('workplaces', '就业', 'Workplaces', 'workplace', 'point', { color: '#d95f0e', attribute: 'jobs' }, [att('jobs', 'count', '就业岗位', 'Jobs', 'job', 'jobs')]),
  L('schools', '学校', 'Schools', 'facility', 'point', { color: '#7570b3' }, [...name, att('kind', 'category', '类型', 'Kind', '', 'category', '', [{ code: 'primary', zh: '小学', en: 'Primary' }]), att('seats_primary', 'count', '小学学位', 'Primary places', 'seat', 'capacity')]),
  L('stations', '轨道站点', 'Stations', 'station', 'point', { visible: true }, [...name, att('mode', 'category', '制式', 'Mode', '', 'category', '', [{ code: 'metro', zh: '地铁', en: 'Metro' }]), att('lines', 'text', '线路', 'Lines')]),
  L('districts', '区', 'Districts', 'area', 'polygon', { color: '#4a4f54', visible: true }, name, { area_level: 'district' }),
  L('subdistricts', '街道、镇', 'Subdistricts', 'area', 'polygon', { color: '#6b6f73' }, name, { area_level: 'subdistrict' }),
];
const terms = [];
for (const block of readFileSync(new URL('../../layers/terms.toml', import.meta.url), 'utf8').split('[[terms]]').slice(1)) {
  const s = (re) => block.match(re)?.[1] ?? '';
  terms.push({ key: s(/key = "(.*)"/), title: T(s(/zh = "([^"]*)"/), s(/en = "([^"]*)"/)), unit: s(/unit = "(.*)"/), format: s(/format = "(.*)"/), decimals: +s(/decimals = (\d)/), definition: T(s(/definition.zh = "(.*)"/), s(/definition.en = "(.*)"/)), source: s(/source = "(.*)"/) });
}
const inputs = layers.slice(0, 2).map((l) => ({ layer: l.id, title: l.title, source: l.periods[0].source, licence: 'CC0', reference_date: '2020-11-01', features: l.features, crs: 'EPSG:4490', synthetic: true, estimated: l.periods[0].estimated }));
const envelope = (query, rows, totals) => ({ query, definition: T('每一单元内的计数之和。', 'Sums inside each area.'), provenance: { city: T('广州（示意）', 'Guangzhou (schematic)'), data_version: 12, period: null, caliber: 'usual_residents', protected: false, inputs, software: 'suitu 0.1.0' }, rows, totals, left_out: { 'residences.usual_residents': { missing: 3 } } });
const bare = (a) => { const { geometry, ...row } = a; return row; };
const sums = (rows) => { const t = {}; for (const r of rows) for (const [k, v] of Object.entries(r)) if (k.includes('.') && typeof v === 'number') t[k] = (t[k] ?? 0) + v; return t; };
const balanceRow = (a) => { const W = a['residences.employed_residents'], J = a['workplaces.jobs'], H = a['residences.households']; return { code: a.code, name: a.name, name_en: a.name_en, level: a.level, usual_residents: a['residences.usual_residents'], employed_residents: W, households: H, jobs: J, jobs_per_employed_resident: W ? J / W : null, jobs_per_household: H ? J / H : null, balance_index: J + W ? (J - W) / (J + W) : null, reason: W ? null : 'empty' }; };
const circle = (c, m) => ({ type: 'Polygon', coordinates: [Array.from({ length: 65 }, (_, k) => [c[0] + (m / 102000) * Math.cos((k * Math.PI) / 32), c[1] + (m / 111195) * Math.sin((k * Math.PI) / 32)])] });
const find = (code) => [...areas.district, ...areas.subdistrict].find((a) => a.code === code);
const routes = {
  '/api/city': () => ({ title: T('广州（示意）', 'Guangzhou (schematic)'), synthetic: true, approval_number: '', marking: T('内部使用', 'Internal use'), data_version: 12, time_zone: 'Asia/Shanghai', bbox: [112.92, 22.53, 114.05, 23.95], periods: ['2020-11-01'], levels: [{ id: 'district', layer: 'districts', title: T('区', 'District'), areas: 11 }, { id: 'subdistrict', layer: 'subdistricts', title: T('街道、镇', 'Subdistrict'), areas: areas.subdistrict.length }], calibers: [{ id: 'usual_residents', title: T('常住人口', 'Usual residents') }, { id: 'hukou_residents', title: T('户籍人口', 'Hukou residents') }], software: 'suitu 0.1.0', basemap: null,
    findings: [T('2023 年末常住 1,882.70 万人，比 2025 年目标 2,100 万人少 217.30 万人；外围七区占 67.60%，已接近目标 67.86%。', 'At the end of 2023 the city had 18.83 million usual residents, 2.17 million below the 2025 target; the seven outer districts held 67.60%, close to the 67.86% planned.')],
    plan_targets: [{ key: 'usual_residents', title: T('常住人口', 'Usual residents'), year: 2025, target: 21000000, actual: 18827000, actual_year: 2023, source: '穗府办〔2022〕11号' }, { key: 'hukou_residents', title: T('户籍人口', 'Hukou residents'), year: 2025, target: 11200000, actual: 10566100, actual_year: 2023, source: '穗府办〔2022〕11号' }, { key: 'outer_share', title: T('外围七区人口占比', 'Share in outer districts'), year: 2025, target: 0.6786, actual: 0.676, actual_year: 2023, source: '穗府办〔2022〕11号' }] }),
  '/api/terms': () => ({ rows: terms }),
  '/api/layers': () => ({ rows: layers }),
  '/api/areas': (q) => envelope({}, areas[q.get('level')].map(bare), sums(areas.district)),
  '/api/balance': (q) => envelope({}, areas[q.get('level')].map(balanceRow).map((r) => (q.get('catchment_m') && r.jobs_per_employed_resident ? { ...r, jobs_per_employed_resident: r.jobs_per_employed_resident ** 0.5, catchment_jobs: r.jobs, catchment_employed_residents: r.employed_residents } : r)), balanceRow({ code: '', name: '广州（示意）', name_en: 'Guangzhou', level: 'city', ...sums(areas.district) })),
  '/api/search': (q) => ({ rows: areas.district.concat(areas.subdistrict).filter((a) => (a.name + a.name_en + a.code).toLowerCase().includes(q.get('q').toLowerCase())).slice(0, 8).map((a) => ({ kind: 'area', layer: 'districts', id: a.code, code: a.code, name: a.name, name_en: a.name_en, level: a.level, context: '广州', lon: a.center[0], lat: a.center[1], bbox: a.bbox, match: 'name' })) }),
  '/api/statistics': () => { const t = sums(areas.district.slice(0, 2)); return { ...envelope({}, Object.entries(t).filter(([k]) => !k.endsWith('.features')).map(([k, value]) => { const [layer, attribute] = k.split('.'); const a = layers.find((l) => l.id === layer).attributes.find((x) => x.id === attribute); return { layer, attribute, title: a.title, unit: a.unit, caliber: a.caliber, value, missing: 0, features: 100 }; }), { ...t, area_km2: 92.91 }) }; },
  '/api/catchments': (q, b) => { const os = b.origins.map((o) => points.stations.find((s) => s[0] === o.id)); const t = (c) => ({ 'residences.usual_residents': c * 37, 'residences.employed_residents': c * 20, 'workplaces.jobs': c * 51, 'residences.features': c, 'workplaces.features': c }); return { ...envelope(b, [], {}), catchments: os.flatMap((o) => b.cutoffs.map((c) => ({ origin: { layer: 'stations', id: o[0], name: o[2].name, lon: o[1][0], lat: o[1][1] }, cutoff: c, unit: 'm', totals: t(c), exclusive: t(c * 0.8), geometry: circle(o[1], c) }))), union: b.cutoffs.map((c) => ({ cutoff: c, totals: t(c * os.length * 0.9), geometry: circle(os[0][1], c) })) }; },
};
createServer((request, response) => {
  const url = new URL(request.url, 'http://x'); let body = '';
  request.on('data', (d) => (body += d)).on('end', () => {
    try {
      const tile = url.pathname.match(/^\/tiles\/(\w+)\/(\d+)\/(\d+)\/(\d+)$/);
      if (tile) { const t = tilesOf(tile[1]).getTile(+tile[2], +tile[3], +tile[4]); if (!t) { response.writeHead(204); return response.end(); } response.writeHead(200, { 'content-type': 'application/vnd.mapbox-vector-tile' }); return response.end(Buffer.from(vtpbf.fromGeojsonVt({ [tile[1]]: t }, { version: 2 }))); }
      let answer; const area = url.pathname.match(/^\/api\/areas\/(.+)$/), feature = url.pathname.match(/^\/api\/layers\/(\w+)\/features\/(.+)$/);
      if (area) { const a = find(area[1]); answer = { ...bare(a), breadcrumb: a.parent ? [bare(find(a.parent))] : [], children: areas.subdistrict.filter((c) => c.parent === a.code).map(bare), calibers: [{ attribute: 'usual_residents', title: T('常住人口', 'Usual residents'), caliber: 'usual', value: a['residences.usual_residents'], reference_date: '2020-11-01', source: '第七次人口普查', estimated: false }, { attribute: 'hukou_residents', title: T('户籍人口', 'Hukou residents'), caliber: 'hukou', value: a['residences.hukou_residents'], reference_date: '2020-12-31', source: '公安年报', estimated: true }], geometry: a.geometry, provenance: envelope({}, [], {}).provenance }; }
      else if (feature) { const p = points[feature[1]].find((x) => x[0] === feature[2]); answer = { type: 'Feature', id: p[0], geometry: { type: 'Point', coordinates: p[1] }, properties: p[2], areas: [{ level: 'district', code: '440106', name: '天河区' }] }; }
      else answer = routes[url.pathname](url.searchParams, body && JSON.parse(body));
      response.writeHead(200, { 'content-type': 'application/json' }); response.end(JSON.stringify(answer));
    } catch (e) { response.writeHead(404, { 'content-type': 'application/problem+json' }); response.end(JSON.stringify({ type: 'about:blank', title: 'not found', status: 404, detail: String(e) })); }
  });
}).listen(8088, '127.0.0.1');
