// The disk is full: a city, its accounts and its record on a small disk of their own (a tmpfs, so the test is
// for root), which is filled to the last byte.
//
// Fails: an import, an edit or an export that is half there; an error that does not name the disk; an edit that
// was refused and is there, or acknowledged and is not; something done that is not on record; readers who see
// an error; a server that does not go on by itself once there is room; a chain that does not hold.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { addSchool, folder, pause, start, suitu, until, SUITU } from '../deploy/server.mjs';
import { panics } from './watch.mjs';

let room, disk, city;

before(() => {
  room = folder();
  disk = room.at('disk');
  city = `${disk}/city.gpkg`;
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=72m', 'tmpfs', disk]);
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '2000');
  copyFileSync(room.at('city.gpkg'), city);
});
after(() => {
  if (disk) execFileSync('umount', [disk]);
  room?.remove();
});

const filler = () => `${disk}/filler`;

/** Takes all room but so many bytes. */
function fill(left = 0) {
  const { bavail, bsize } = statfsSync(disk);
  const bytes = Math.max(0, bavail * bsize - left);
  try {
    writeFileSync(filler(), Buffer.alloc(bytes, 1), { flag: 'a' });
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
}
const clear = () => rmSync(filler(), { force: true });
afterEach(clear);

/** Runs the program; its exit code and what it said. */
function tries(...args) {
  const { status, signal, stderr } = spawnSync(SUITU, ['--lang', 'en', ...args], { encoding: 'utf8' });
  assert.equal(signal, null);
  return { status, said: stderr };
}

/** The schools of the city, as text. */
function schools() {
  suitu('export', 'schools', '--out', room.at('schools.csv'), '--city', city);
  return readFileSync(room.at('schools.csv'), 'utf8');
}

/** What the city holds, as text. */
const content = () => suitu('info', '--city', city) + schools();

const FULL = /full|no space left/i;

test('imports and exports onto a full disk leave all as it was', () => {
  const rows = Array.from({ length: 100_000 }, (_, n) => `n${n},${113 + (n % 1000) / 2000},${23 + (n % 700) / 2000},${n % 500}`);
  writeFileSync(room.at('big.csv'), ['id,lon,lat,usual_residents', ...rows].join('\n'));
  const before = content();
  for (const left of [0, 1 << 14, 1 << 16, 1 << 20, 4 << 20]) {
    clear();
    fill(left);
    const imported = tries('import', 'residences', room.at('big.csv'), '--city', city, '--crs', 'EPSG:4490', '--period', '2021');
    assert.equal(imported.status, 1, `with ${left} bytes left`);
    assert.match(imported.said, FULL);
    clear();
    assert.equal(content(), before, `with ${left} bytes left`);
  }
  for (const name of ['out.csv', 'out.xlsx', 'out.gpkg', 'out.fgb']) {
    clear();
    fill(20_000);
    const exported = tries('export', 'residences', '--out', `${disk}/${name}`, '--city', room.at('city.gpkg'));
    assert.equal(exported.status, 1, name);
    assert.match(exported.said, FULL, name);
    assert.ok(!existsSync(`${disk}/${name}`), `half of ${name} is left`);
  }
  clear();
});

/** Edits while the disk fills and is cleared; what was acknowledged, by number of the round. */
async function edits(server, prefix, headers = {}) {
  const acknowledged = [];
  const refused = [];
  const add = async (id) => {
    const status = await addSchool(server.url, id, headers);
    (status === 201 ? acknowledged : refused).push(id);
    return status;
  };
  for (let round = 0; round < 6; round += 1) {
    assert.equal(await add(`${prefix}-room${round}`), 201);
    fill([0, 30_000, 300_000, 0, 4096, 100_000][round]);
    const statuses = new Set();
    for (let n = 0; n < 400; n += 1) {
      statuses.add(await add(`${prefix}-full${round}-${n}`));
      // Readers see no error meanwhile.
      if (n % 50 === 0) {
        const read = await fetch(`${server.url}/health/live`);
        assert.equal(read.status, 200);
      }
    }
    assert.ok(statuses.has(503), `round ${round}: ${[...statuses]}`);
    statuses.delete(201);
    assert.deepEqual([...statuses], [503]);
    clear();
    await until('the server does not go on', async () => (await add(`${prefix}-again${round}-${refused.length}`)) === 201);
  }
  return { acknowledged, refused };
}

const there = () => new Set(schools().split('\n').map((line) => line.replace(/^\ufeff/, '').split(',')[0]));

test('edits are refused while the disk is full, and go on when it is not', async () => {
  const log = room.at('open.log');
  const server = await start(city, { log });
  let done;
  try {
    done = await edits(server, 'open');
    assert.equal((await fetch(`${server.url}/api/balance?level=district`)).status, 200);
  } finally {
    await server.stop('SIGKILL');
  }
  assert.deepEqual(panics(log), []);
  const now = there();
  assert.deepEqual(done.acknowledged.filter((id) => !now.has(id)), []);
  assert.deepEqual(done.refused.filter((id) => now.has(id)), []);
  console.log(`${done.acknowledged.length} edits acknowledged and there, ${done.refused.length} refused and not`);
});

test('with accounts nothing is done that is not on record', async () => {
  suitu('accounts', 'init', '--city', city);
  suitu('accounts', 'add', 'steward1', '--role', 'steward', '--city', city);
  const token = suitu('accounts', 'token', 'steward1', '--title', 'soak', '--city', city).match(/suitu_\w+/)[0];
  const log = room.at('accounts.log');
  const server = await start(city, { log });
  let done;
  try {
    done = await edits(server, 'known', { authorization: `Bearer ${token}` });
    await pause(2000);
  } finally {
    await server.stop();
  }
  assert.deepEqual(panics(log), []);
  const now = there();
  assert.deepEqual(done.acknowledged.filter((id) => !now.has(id)), []);
  assert.deepEqual(done.refused.filter((id) => now.has(id)), []);
  suitu('audit', 'verify', '--city', city);
  // As many successes are on record as features were made.
  const record = suitu('audit', 'export', '--city', city);
  const successes = record.split('\n').filter((line) => line.includes('POST /api/layers/{layer}/features') && /,201(,|$)/.test(line));
  console.log(`${done.acknowledged.length} edits acknowledged, there and on record, ${done.refused.length} refused and not there`);
  assert.equal(successes.length, done.acknowledged.length);
});
