// Requests that come close to sound ones: made from the OpenAPI document with a few sound values for
// each name, then spoilt by chance.

/** Sound values by the name of a parameter or field: a question has to get past the first check. */
const SOUND = {
  level: ['city', 'district', 'subdistrict', 'planning_unit'],
  levels: ['district', 'district,subdistrict'],
  layer: ['residences', 'workplaces', 'stations', 'schools', 'districts', 'clinics', 'entrances'],
  caliber: ['usual_residents', 'hukou_residents', 'actual_residents'],
  period: ['2020-11-01', '2020'],
  earlier: ['2010', '2020'],
  format: ['json', 'csv', 'xlsx', 'geojson', 'html', 'docx', 'geojsonl', 'fgb', 'gpkg', 'shp'],
  lang: ['zh', 'en'],
  mode: ['straight', 'walk', 'bicycle', 'car', 'transit', 'matrix:rides'],
  cost: ['straight', 'walk', 'car', 'transit'],
  unit: ['m', 'min'],
  intrazonal: ['zero', 'radius', 'half_nearest'],
  departure: ['2020-11-02,08:00', '2020-11-02,07:30,07:45,90'],
  arrival: ['2020-11-02,09:00'],
  cutoff: [500, 1500, 15],
  cutoffs: ['500,800', '300'],
  catchment_m: [3000],
  minutes: [20],
  max_walk_m: [800],
  walk_speed_km_h: [4.8],
  bicycle_speed_km_h: [12],
  grid_m: [1000],
  cell_m: [500],
  limit: [10, 1000],
  cursor: ['0'],
  area: ['440106', '440103', '440106001'],
  code: ['440106', '440103'],
  norms: ['public_services', 'gb_50180_2018'],
  services: ['primary_school', 'primary_school,kindergarten'],
  service: ['primary_school'],
  indicator: ['usual_residents', 'jobs'],
  year: [2035],
  plan_year: [2035],
  rules: ['default'],
  thresholds: ['disperse.1:1.5'],
  line: ['1', '21'],
  denominator: ['population', 'residential_land', 'buildings', 'land'],
  ahead: ['1,3'],
  part: ['rows', 'nominal'],
  kind: ['job-housing', 'station-catchment', 'service-gap', 'zoning', 'add', 'change', 'grow'],
  question: ['balance', 'statistics', 'catchments', 'access', 'gaps', 'commute', 'station_areas'],
  where: ['usual_residents > 300', "name LIKE '%a%'", 'S_INTERSECTS(geom,POINT(113.3 23.1))', 'NOT (jobs IS NULL)'],
  bbox: ['113.2,23.1,113.4,23.2'],
  q: ['天河', 'thq', 'school', '440106'],
  z: [0, 9, 12, 14, 16],
  x: [0, 417, 3337, 13350],
  y: [0, 222, 1777, 7111],
  name: ['districts.json', 'light.json', 'residences.json', 'someone'],
  id: ['s00001', 's00002', 'w0000001', 'r0000001', 'st075', 'c00861', 'own', 'public_services'],
  attribute: ['usual_residents', 'jobs', 'kind'],
  classes: [5],
  scenario: [1],
  number: [1],
  'If-Match': ['*', '"0"', 'W/"1"', '"0123456789abcdef"'],
  'If-None-Match': ['*', '"x"'],
  Prefer: ['respond-async', 'return=minimal'],
  reason: ['because'],
  by: ['somebody'],
  '/api/reports/{kind} by': ['district', 'subdistrict'],
  '/api/scenarios/{id} id': [1, 2, 3],
  '/api/scenarios/{id}/edits id': [1, 2],
  '/api/scenarios/{id}/edits/last id': [1, 2],
  '/api/scenarios/{id}/redo id': [1, 2],
  '/api/scenarios/{id}/edits/{number} id': [1, 2],
  '/api/scenarios/{id}/compare id': [1, 2],
  '/styles/{name} name': ['light.json', 'style.json'],
};

const POINT = { lon: 113.33, lat: 23.13 };
const TRAVEL = { mode: 'walk', walk_speed_km_h: 5, max_walk_m: 900, departure: { date: '2020-11-02', from: '08:00', to: '08:20', percentile: 50 } };

/** Sound bodies by operation. */
const BODIES = {
  'POST /api/statistics': [
    { area: '440106', layers: ['residences'], period: '2020-11-01' },
    { geometry: { type: 'Polygon', coordinates: [[[113.2, 23.1], [113.4, 23.1], [113.4, 23.2], [113.2, 23.1]]] } },
    { geometry: { type: 'MultiPolygon', coordinates: [[[[113.2, 23.1], [113.4, 23.1], [113.4, 23.2], [113.2, 23.1]]]] } },
  ],
  'POST /api/catchments': [
    { origins: [{ layer: 'stations', id: 'st075' }, POINT], cutoffs: [500, 1000], unit: 'm', direction: 'to', geometry: true, ...TRAVEL },
    { origins: [{ layer: 'stations', line: '1', status: 'open' }], cutoffs: [10], unit: 'min', mode: 'transit', departure: { date: '2020-11-02', from: '08:00' } },
    { origins: [POINT], cutoffs: [20], unit: 'min', mode: 'car', geometry: true },
  ],
  'POST /api/access': [
    { to: { layer: 'workplaces', capacity: 'jobs', where: 'jobs > 10' }, measure: '2sfca', cutoff: 2000, mode: 'walk' },
    { from: 'district', to: { layer: 'clinics', capacity: 'beds' }, measure: 'gravity', cutoff: 3000, decay: { kind: 'exponential', beta: 0.001, floor: 0 } },
    { to: { layer: 'schools' }, measure: 'nearest', nearest_k: 3, demand: 'residences.age_6_11', mode: 'straight' },
    { to: { layer: 'schools' }, measure: 'e2sfca', cutoff: 1500, decay: { kind: 'bands', bands: [[500, 1], [1500, 0.4]] } },
  ],
  'POST /api/travel_times': [
    { origins: { layer: 'stations' }, destinations: [POINT, { layer: 'stations', id: 'st075' }], max_min: 60, percentiles: [50, 90], ...TRAVEL, mode: 'transit' },
    { origins: [POINT], destinations: { layer: 'schools' }, mode: 'walk', max_min: 30 },
  ],
  'POST /api/siting': [
    { layer: 'clinics', objective: 'cover', sites: 2, cutoff: 1000, candidates: { grid_m: 2000 }, area: '440106', mode: 'straight' },
    { layer: 'schools', objective: 'median', sites: 1, cutoff: 1500, demand: 'residences.age_6_11', candidates: { points: [{ ...POINT, name: 'a' }, { lon: 113.35, lat: 23.14 }] }, area: '440103' },
  ],
  'POST /api/station_change': [{ before: [{ layer: 'stations', line: '1' }], after: [{ layer: 'stations' }, POINT], cutoffs: [500, 1100], level: 'district', unit: 'm' }],
  'POST /api/zoning': [{ level: 'district', rules: 'default', thresholds: { 'disperse.1': 1.2 }, swing: 0.1, plan_year: 2035 }],
  'PUT /api/zoning/overrides/{code}': [{ level: 'district', class: 'dense', reason: 'seen', by: 'someone' }],
  'POST /api/scenarios': [{ name: 'a plan', description: 'of something' }],
  'PATCH /api/scenarios/{id}': [{ name: 'another', description: '' }],
  'POST /api/scenarios/{id}/edits': [
    { kind: 'grow', layer: 'workplaces', amount: 60, note: 'n', within: { area: '440103' } },
    { kind: 'grow', layer: 'residences', attribute: 'usual_residents', factor: 1.2, alone: true, within: { geometry: { type: 'Polygon', coordinates: [[[113.2, 23.1], [113.4, 23.1], [113.4, 23.2], [113.2, 23.1]]] } } },
    { kind: 'add', layer: 'schools', ...POINT, values: { name: 'x', kind: 'primary', seats_primary: 100 } },
    { kind: 'move_jobs', layer: 'workplaces', jobs: 100, from: { area: '440103' }, to: { area: '440106' } },
    { kind: 'station', layer: 'stations', ...POINT, values: { name: 's' }, entrances: [{ name: 'A', ...POINT }] },
    { kind: 'line', name: 'L', stops: [{ name: 'a', ...POINT }, { station: 'st075' }, { lon: 113.4, lat: 23.2, dwell_s: 30 }], headways: [{ from: '06:00', until: '22:00', headway_min: 5 }], mode: 'metro' },
    { kind: 'street', points: [[113.3, 23.1], [113.31, 23.11]], modes: ['walk'], one_way: true },
  ],
  'PATCH /api/scenarios/{id}/edits/{number}': [{ note: 'seen' }],
  'POST /api/scenarios/{id}/compare': [{ area: '440106' }, { origins: [POINT], cutoffs: [500] }],
  'POST /api/layers/{layer}/features': [{ id: 'n1', ...POINT, values: { name: 'x', kind: 'primary', seats_primary: 10 }, reason: 'r' }],
  'PATCH /api/layers/{layer}/features/{id}': [{ values: { name: 'y' }, reason: 'r', ...POINT }],
  'POST /api/layers/{layer}/features/{id}/undo': [{ number: 1, reason: 'r' }],
  'POST /api/edits': [
    { edits: [{ kind: 'add', layer: 'schools', id: 'e1', ...POINT, values: { name: 'x' } }, { kind: 'remove', layer: 'schools', id: 's00009', version: '*' }], reason: 'r' },
    { edits: [{ kind: 'move', layer: 'residences', id: 'r0000001', ...POINT, version: '*' }, { kind: 'change', layer: 'residences', id: 'r0000002', values: { usual_residents: 5 }, version: '*' }] },
  ],
  'POST /api/session': [{ name: 'someone', password: 'a long password', code: '123456' }],
  'POST /api/invitation': [{ invitation: 'abc', password: 'a long password' }],
  'POST /api/users': [{ name: 'someone', full_name: 'Some One', bureau: 'b' }],
  'PUT /api/grants/{name}': [{ roles: ['planner'], scope: ['440106'], clearance: 'internal' }],
  'POST /api/tokens': [{ name: 't', days: 30 }],
};

/** Values that break what is carelessly read. */
const ODD = [
  '', ' ', '0', '-1', '-0', '1e309', '-1e309', 'NaN', 'inf', '-inf', 'Infinity', '1e-320', '9007199254740993',
  '18446744073709551616', '-9223372036854775809', '4294967296', '65536', '0x10', '1,000', '٣', '½', '1_0', '+5', '.5', '5.',
  'null', 'true', '[]', '{}', '"', "'", "''", '%', '%00', '\u0000', '\n', '\r\n', '\u202e', '\ufeff', '穗图', '👨‍👩‍👧', '\u0301',
  '../../etc/passwd', '..', '.', '/', '\\', ';', '--', "' OR 1=1 --", '<script>', '${x}', '{{7*7}}', '*', '?', '#', '&', '=',
  'a'.repeat(300), '9'.repeat(400), '穗'.repeat(5000), ','.repeat(2000), '('.repeat(3000), '0,'.repeat(5000),
  '9999-12-31', '0000-00-00', '2020-02-30', '-1-1-1', '2020-13', '10000-01-01', '24:00', '25:61', '08:00/07:00',
  'matrix:', 'matrix:../x', 'POINT(1 2)', '1,2,3,4', '180,90,-180,-90', '1,2,3,NaN', 'a=1 AND', 'NOT '.repeat(500) + 'a=1',
];

/** Numbers and other JSON values at the edges. */
const ODD_JSON = [
  null, true, false, 0, -0, -1, 1e308, -1e308, 5e-324, 0.1, 9007199254740993, 1e19, -1e19, 4294967296, 180.0000001, 90, -180, -90, [], {}, [[]], [null], '', 'x',
  ...ODD.slice(0, 40),
];

const clone = (value) => structuredClone(value);

/** The places inside a JSON value: `[holder, key]`. */
function places(value, found = []) {
  if (value === null || typeof value !== 'object') return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    places(value[key], found);
  }
  return found;
}

/** A JSON value, a little wrong. */
function spoilJson(chance, body) {
  const root = { body: clone(body) };
  for (let times = 1 + chance.below(3); times > 0; times -= 1) {
    if (!('body' in root)) return undefined;
    const [holder, key] = chance.one(places(root));
    const old = holder[key];
    switch (chance.below(8)) {
      case 0: delete holder[key]; break;
      case 1: holder[key] = chance.one(ODD_JSON); break;
      case 2: holder[key] = String(old); break;
      case 3: holder[key] = [old, clone(old)]; break;
      case 4: holder[key] = typeof old === 'number' ? old * chance.one([-1, 0, 1e6, 1e-9, 1e300]) : chance.one(ODD); break;
      case 5: if (!Array.isArray(holder)) holder[chance.one([...Object.keys(SOUND), '__proto__', ''])] = chance.one(ODD_JSON); break;
      case 6: if (Array.isArray(old)) holder[key] = Array.from({ length: chance.one([0, 1, 100, 3000]) }, () => clone(old[0] ?? 0)); break;
      default: holder[key] = chance.one(SOUND[key] ?? ODD);
    }
  }
  return root.body;
}

/** The text of a body, which may not even be JSON. */
function spoilText(chance, text) {
  switch (chance.below(7)) {
    case 0: return text.slice(0, chance.below(text.length + 1));
    case 1: return text.replace(/[{}[\]":,]/, chance.one(['', '{', ']', 'NaN']));
    case 2: return text.replace(/-?\d+(\.\d+)?/, chance.one(['NaN', 'Infinity', '1e999', '-1e999', '00', '1'.repeat(500)]));
    case 3: return '['.repeat(2 + chance.below(20000)) + text;
    case 4: return `${text}${text}`;
    case 5: return text.replace('"', '"\ud800');
    default: return Buffer.from(text).map((byte) => (chance.is(0.03) ? chance.below(256) : byte));
  }
}

/** Every operation of the document. */
export function operations(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
      hasBody: operation.requestBody !== undefined,
      statuses: Object.keys(operation.responses),
    })),
  );
}

/** A request for an operation, spoilt in some way; `method`, `path` with its query, `headers`, `body`. */
export function request(chance, operation) {
  const headers = { 'x-suitu': '1' };
  const query = [];
  let path = operation.path;
  const wild = chance.one([0, 0, 0.1, 0.3, 0.8]);
  for (const { name, in: where, required } of operation.parameters) {
    const sound = () => String(chance.one(SOUND[`${operation.path} ${name}`] ?? SOUND[name] ?? ODD));
    const value = chance.is(wild) ? chance.one(ODD) : sound();
    if (where === 'path') {
      path = path.replace(`{${name}}`, encodeURIComponent(value).replace(/%/g, chance.is(0.02) ? '%25' : '%'));
    } else if (where === 'header') {
      // What no header may hold is not sent by any client.
      if (required ? !chance.is(0.1) : chance.is(0.1)) headers[name.toLowerCase()] = Buffer.from(value).toString('latin1').replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 4000);
    } else if (required ? !chance.is(0.1) : chance.is(name === 'scenario' ? 0.08 : 0.25)) {
      query.push([name, value]);
      if (chance.is(0.05)) query.push([name, sound()]);
    }
  }
  if (chance.is(0.05)) query.push([chance.one(['unknown', ...Object.keys(SOUND)]), chance.one(ODD)]);
  const escape = chance.is(0.05) ? (text) => encodeURI(text).replace(/#/g, '%23') : encodeURIComponent;
  if (query.length > 0) path += `?${query.map((pair) => pair.map(escape).join('=')).join('&')}`;
  if (chance.is(0.02)) path += chance.one(['&', '?', '&=', '&a', '&%ff=%fe', '#']);
  let body;
  if (operation.hasBody || chance.is(0.03)) {
    const known = BODIES[`${operation.method} ${operation.path}`] ?? [{ a: 1 }, [], {}];
    const sound = chance.one(known);
    body = JSON.stringify(chance.is(0.15) ? sound : spoilJson(chance, sound)) ?? '';
    if (chance.is(0.15)) body = spoilText(chance, body);
    headers['content-type'] = chance.is(0.95) ? 'application/json' : chance.one(['text/plain', 'application/xml', '', 'application/json; charset=gbk']);
  }
  // Without it what follows would be read as another request.
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
  const method = chance.is(0.02) ? chance.one(['PUT', 'POST', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) : operation.method;
  if (method === 'HEAD' || method === 'OPTIONS') {
    body = undefined;
    delete headers['content-length'];
  }
  return { method, path, headers, body };
}
