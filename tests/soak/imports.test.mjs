// Damaged files of every format through `suitu import`: bytes changed, files cut, lines gone, doubled or
// swapped, cells and columns exchanged.
//
// Fails: a panic (101) or a signal; a refusal without words; a refused import after which the city is not
// what it was; an accepted one after which the city does not open.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { folder, suitu, SUITU } from '../deploy/server.mjs';
import { Chance, SEED } from './watch.mjs';

/** Damaged files for each format. */
const EACH = Number(process.env.SOAK_MUTATIONS ?? 60);
const AT_ONCE = 3;

let room;
before(() => {
  room = folder();
  suitu('demo', '--city', room.at('demo.gpkg'), '--residences', '500');
  suitu('export', 'districts', '--out', room.at('districts.geojson'), '--city', room.at('demo.gpkg'));
  suitu('import', 'districts', room.at('districts.geojson'), '--city', room.at('city.gpkg'), '--crs', 'EPSG:4490', '--period', '2020');
});
after(() => room?.remove());

const LINES = ['线路,方向,站名,经度,纬度,到下一站分钟,停站秒,首班,末班,间隔分钟', '1,上行,A,113.30,23.10,3,30,06:00,22:00,5', '1,上行,B,113.32,23.11,4,30,06:00,22:00,5', '1,上行,C,113.34,23.12,,30,06:00,22:00,5'].join('\n');
const FLOWS = ['from,to,count', '440103,440106,1200', '440106,440103,300', '440104,440106,77'].join('\n');
const FEED = {
  'stops.txt': 'stop_id,stop_name,stop_lon,stop_lat\na,A,113.30,23.10\nb,B,113.32,23.11\nc,C,113.34,23.12\n',
  'calendar.txt': 'service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nd,1,1,1,1,1,1,1,20200101,20201231\n',
  'routes.txt': 'route_id,route_short_name,route_type\nr,1,1\n',
  'trips.txt': 'trip_id,service_id,route_id\nt,d,r\n',
  'stop_times.txt': 'trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt,08:00:00,08:00:00,a,1\nt,08:05:00,08:06:00,b,2\nt,08:10:00,08:10:00,c,3\n',
};

/** Sound files: what they are imported as, and how. */
function sound() {
  const files = [];
  const put = (name, bytes, layer, ...args) => {
    writeFileSync(room.at(name), bytes);
    files.push({ name, layer, args });
  };
  const out = (layer, name, ...options) => {
    suitu('export', layer, '--out', room.at(name), '--city', room.at('demo.gpkg'), ...options);
    files.push({ name, layer, args: ['--crs', 'EPSG:4490'] });
  };
  for (const extension of ['csv', 'xlsx', 'geojson', 'geojsonl', 'fgb', 'gpkg', 'zip']) {
    out('stations', `stations.${extension}`, ...(extension === 'zip' ? ['--format', 'shapefile'] : []));
  }
  for (const extension of ['geojson', 'fgb', 'gpkg']) out('planning_units', `units.${extension}`);
  put('lines.csv', LINES, 'transit');
  put('flows.csv', FLOWS, 'flows');
  for (const [kind, name] of [['norms', 'norms.toml'], ['zoning', 'zoning.toml']]) {
    suitu('template', kind, '--out', room.at(name));
    files.push({ name, layer: kind, args: [] });
  }
  for (const kind of ['lines', 'targets']) {
    suitu('template', kind, '--out', room.at(`${kind}.xlsx`));
    files.push({ name: `${kind}.xlsx`, layer: kind === 'lines' ? 'transit' : kind, args: [] });
  }
  return files;
}

/** Bytes, a little damaged. */
function damaged(chance, bytes) {
  const isText = !bytes.subarray(0, 2000).includes(0);
  const lines = () => bytes.toString('utf8').split('\n');
  const joined = (list) => Buffer.from(list.join('\n'));
  switch (chance.below(isText ? 8 : 4)) {
    case 0:
      return bytes.subarray(0, chance.below(bytes.length));
    case 1: {
      const at = chance.below(bytes.length);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(200))]);
    }
    case 2:
    case 3: {
      const copy = Buffer.from(bytes);
      for (let times = 1 + chance.below(20); times > 0; times -= 1) copy[chance.below(copy.length)] = chance.one([0, 255, chance.below(256)]);
      return copy;
    }
    case 4: {
      const list = lines();
      list.splice(chance.below(list.length), chance.one([0, 1]), list[chance.below(list.length)]);
      return joined(list);
    }
    case 5: {
      // Two columns change places, but for their headings.
      const [a, b] = [chance.below(8), chance.below(8)];
      return joined(lines().map((line, n) => {
        const cells = line.split(',');
        if (n > 0 && a < cells.length && b < cells.length) [cells[a], cells[b]] = [cells[b], cells[a]];
        return cells.join(',');
      }));
    }
    case 6: {
      const odd = chance.one(['NaN', '1e999', '-1', '', '"', '99999999999999999999', '穗', '\u0000', '0x10', '1,2', 'null', '[]', '2020-13-45']);
      const list = lines();
      const at = chance.below(list.length);
      list[at] = list[at].replace(/[^,:{}[\]"]+(?=[,}\]]|$)/, odd);
      return joined(list);
    }
    default:
      return Buffer.concat([bytes, bytes.subarray(chance.below(bytes.length))]);
  }
}

function run(...args) {
  return new Promise((done) => {
    const child = spawn(SUITU, ['--lang', 'en', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (part) => (said += part));
    // A file of some kilobytes that takes so long never ends.
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    child.on('exit', (status, signal) => {
      clearTimeout(timer);
      done({ status, signal, said });
    });
  });
}

/** Imports each damaged file into a city of its own; `{ accepted, refused }`. */
async function all(jobs) {
  const told = { accepted: 0, refused: 0 };
  const faults = [];
  const base = readFileSync(room.at('city.gpkg'));
  const one = async (worker) => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const city = room.at(`city${worker}.gpkg`);
      for (const end of ['-wal', '-shm']) rmSync(city + end, { force: true });
      copyFileSync(room.at('city.gpkg'), city);
      const path = job.write(worker);
      const { status, signal, said } = await run('import', job.layer, path, '--city', city, '--period', '2020', ...job.args);
      const fault = (what) => faults.push(`${job.name}: ${what}\n${said.slice(0, 600)}\n  kept as ${keep(job, path)}`);
      if (status === 0) {
        told.accepted += 1;
        if ((await run('info', '--city', city)).status !== 0) fault('accepted, and the city does not open');
      } else {
        told.refused += 1;
        if (status === 101 || signal !== null || said.includes('panicked')) fault(`ended by ${signal ?? status}`);
        else if (!/suitu: .{10}/s.test(said)) fault('refused without words');
        else if (!readFileSync(city).equals(base)) fault('refused, and the city is another');
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => one(worker)));
  assert.deepEqual(faults, []);
  return told;
}

let kept = 0;
/** A copy of what failed, to look at. */
function keep(job, path) {
  if (job.name === 'feed') return path;
  const copy = `/tmp/soak-import-${process.pid}-${(kept += 1)}-${job.name}`;
  copyFileSync(path, copy);
  return copy;
}

test('no damaged file of any format panics, or leaves half of itself', async () => {
  const chance = new Chance(SEED);
  const jobs = sound().flatMap(({ name, layer, args }) => {
    const bytes = readFileSync(room.at(name));
    return Array.from({ length: EACH }, () => {
      const own = damaged(chance, bytes);
      return { name, layer, args, write: (worker) => (writeFileSync(room.at(`${worker}-${name}`), own), room.at(`${worker}-${name}`)) };
    });
  });
  const count = jobs.length;
  console.log(`seed ${SEED}: ${count} damaged files:`, await all(jobs));
});

test('nor does a damaged timetable', async () => {
  const chance = new Chance(SEED + 1);
  const jobs = Array.from({ length: 3 * EACH }, (_, number) => {
    const path = room.at(`feed${number}`);
    mkdirSync(path);
    const hurt = chance.one(Object.keys(FEED));
    for (const [file, text] of Object.entries(FEED)) writeFileSync(`${path}/${file}`, file === hurt ? damaged(chance, Buffer.from(text)) : text);
    return { name: 'feed', layer: 'transit', args: [], write: () => path };
  });
  const count = jobs.length;
  console.log(`seed ${SEED + 1}: ${count} damaged feeds:`, await all(jobs));
});
