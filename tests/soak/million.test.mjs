// One shared city of a million residences: how long it takes into PostgreSQL, from there until a server is
// ready, how many small edits a second are acknowledged, and how soon others see one: another server, and a
// district official whose city is exact in the own district and rounded elsewhere.
//
// The database is on the same machine, with fsync and the settings that it comes with. Fails: an answer but the
// right one, an edit that is acknowledged and not there, one that another server does not show. Times are
// printed, not judged: CPU seconds are those of the program and of PostgreSQL.
//
// SOAK_RESIDENCES (1000000); SOAK_MILLION: the file of a demonstration city of that size that is there already.
// SOAK_SECONDS (10): how long each kind of edit goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync } from 'node:fs';
import { Database, SUITU, folder, pause, start, suitu } from '../deploy/server.mjs';
import { Chance, SEED, held } from './watch.mjs';

const RESIDENCES = process.env.SOAK_RESIDENCES ?? '1000000';
const SECONDS = Number(process.env.SOAK_SECONDS ?? 10);
const LOOKS = 50;

let room, database;
before(async () => {
  room = folder();
  Database.prepare(room.path);
  if (process.env.SOAK_MILLION) copyFileSync(process.env.SOAK_MILLION, room.at('city.gpkg'));
  else suitu('demo', '--city', room.at('city.gpkg'), '--residences', RESIDENCES);
  database = await Database.create(room.path, 'database', '-c fsync=on');
  database.sql('create database city', 'postgres');
  suitu('migrate', '--city', database.address());
});
after(() => {
  database?.kill();
  room?.remove();
});

/** CPU seconds of a process so far, and of those that it has waited for. */
function cpu(pid, also = false) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);
  return (fields[11] + fields[12] + (also ? fields[13] + fields[14] : 0)) / 100;
}

/** CPU seconds of the database so far. */
function databaseCpu() {
  const head = Number(readFileSync(`${database.path}/postmaster.pid`, 'utf8').split('\n')[0]);
  const isOwn = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(head);
    } catch {
      return false;
    }
  };
  const own = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOwn(name));
  return own.reduce((sum, pid) => {
    try {
      return sum + cpu(pid);
    } catch {
      return sum;
    }
  }, cpu(head, true));
}

const seconds = (ms) => (ms / 1000).toFixed(1);

/** The middle and the worst of some times. */
function middle(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(0)} ms, at worst ${sorted.at(-1).toFixed(0)}`;
}

async function posted(url, path, body, headers = {}) {
  const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', 'x-suitu': '1', ...headers }, body: JSON.stringify(body) });
  const text = await response.text();
  assert.equal(response.status, 200, text.slice(0, 500));
  return { answer: JSON.parse(text), headers: response.headers };
}

async function got(url, path, headers = {}) {
  const response = await fetch(url + path, { headers });
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return response.json();
}

const feature = (url, layer, id, headers) => got(url, `/api/layers/${layer}/features/${id}`, headers);

test('into PostgreSQL', () => {
  const held = databaseCpu();
  const begun = performance.now();
  const ran = spawnSync('bash', ['-c', '"$@"; ended=$?; times; exit $ended', 'copy', SUITU, 'copy', '--from', room.at('city.gpkg'), '--to', database.address()], { encoding: 'utf8' });
  const took = performance.now() - begun;
  assert.equal(ran.status, 0, ran.stderr);
  const spent = [...ran.stdout.split('\n').at(-2).matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * m + Number(s), 0);
  const rows = database.sql('select sum(features) from suitu.states');
  console.log(`${rows} features into PostgreSQL: ${seconds(took)} s; CPU ${spent.toFixed(1)} s and ${(databaseCpu() - held).toFixed(1)} s of PostgreSQL`);
});

test('until a server is ready', async () => {
  for (const [name, city] of [['PostgreSQL', database.address()], ['the file', room.at('city.gpkg')]]) {
    for (const turn of ['first', 'again']) {
      const before = databaseCpu();
      const begun = performance.now();
      const server = await start(city);
      const took = performance.now() - begun;
      const { rss, peak } = held(server.pid);
      console.log(`ready from ${name}, ${turn}: ${seconds(took)} s; CPU ${cpu(server.pid).toFixed(1)} s and ${(databaseCpu() - before).toFixed(1)} s of PostgreSQL; ${rss} MB, at most ${peak} MB`);
      await server.stop();
    }
  }
});

/** Changes counts of residences all over the city for a while; how many edits a second were acknowledged. */
async function edit(url, { clients, batch }) {
  const times = [];
  const last = new Map();
  const end = performance.now() + SECONDS * 1000;
  const begun = performance.now();
  const client = async (number) => {
    const chance = new Chance(SEED * 1000 + number);
    for (let turn = 1; performance.now() < end; turn += 1) {
      const ids = new Set();
      // Each client has residences of its own, so that all of them can be looked at afterwards.
      while (ids.size < batch) ids.add(`r${String(1 + number + clients * chance.below(Math.floor(RESIDENCES / clients) - 1)).padStart(7, '0')}`);
      const edits = [...ids].map((id) => ({ kind: 'change', layer: 'residences', id, version: '*', values: { usual_residents: turn, employed_residents: 1 } }));
      const sent = performance.now();
      await posted(url, '/api/edits', { edits, reason: 'soak' });
      times.push(performance.now() - sent);
      for (const id of ids) last.set(id, turn);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const took = performance.now() - begun;
  const chance = new Chance(SEED);
  const ids = [...last.keys()];
  for (let look = 0; look < 200; look += 1) {
    const id = chance.one(ids);
    assert.equal((await feature(url, 'residences', id)).properties.usual_residents, last.get(id), id);
  }
  return { last, line: `${((times.length * batch * 1000) / took).toFixed(0)} edits/s (${clients} clients, batches of ${batch}): a batch ${middle(times)}` };
}

test('small edits in batches, all over the city', async () => {
  for (const [name, city] of [['PostgreSQL', database.address()], ['the file', room.at('city.gpkg')]]) {
    for (const how of [{ clients: 4, batch: 500 }, { clients: 4, batch: 100 }]) {
      const server = await start(city);
      try {
        const before = databaseCpu();
        const own = cpu(server.pid);
        const { line, last } = await edit(server.url, how);
        console.log(`${name}: ${line}; CPU ${(cpu(server.pid) - own).toFixed(1)} s and ${(databaseCpu() - before).toFixed(1)} s of PostgreSQL`);
        await server.stop('SIGKILL');
        const again = await start(city);
        for (const [id, value] of [...last].slice(-100)) assert.equal((await feature(again.url, 'residences', id)).properties.usual_residents, value, id);
        await again.stop();
      } finally {
        if (server.isRunning()) await server.stop('SIGKILL');
      }
    }
  }
});

/** Edits again and again; how long until `see` shows the new value, asked `every` so many milliseconds, from the
 *  acknowledgement on. */
async function propagation(url, { layer, id, field, turns = LOOKS, every = 2 }, see, headers = {}) {
  const [told, seen] = [[], []];
  const chance = new Chance(SEED);
  for (let turn = 1; turn <= turns; turn += 1) {
    const value = 100 + turn;
    const sent = performance.now();
    await posted(url, '/api/edits', { edits: [{ kind: 'change', layer, id, version: '*', values: { [field]: value } }], reason: 'soak' }, headers);
    const acknowledged = performance.now();
    while ((await see()) !== value) {
      assert.ok(performance.now() - acknowledged < 20_000, 'the edit is not seen');
      await pause(every);
    }
    told.push(acknowledged - sent);
    seen.push(performance.now() - acknowledged);
    await pause(chance.below(200));
  }
  return `acknowledged after ${middle(told)}; seen ${middle(seen)} later`;
}

test('an edit on one server is seen on another', async () => {
  const one = await start(database.address());
  const other = await start(database.address());
  try {
    for (const what of [{ layer: 'residences', id: 'r0012345', field: 'usual_residents' }, { layer: 'schools', id: 's00002', field: 'seats_primary' }]) {
      const see = async () => (await feature(other.url, what.layer, what.id)).properties[what.field];
      console.log(`from server to server, ${what.layer}: ${await propagation(one.url, what, see)}`);
    }
  } finally {
    await Promise.all([one, other].map((server) => server.stop('SIGKILL')));
  }
});

test('a district official sees edits of a school and of a home in the own district', async () => {
  const accounts = ['--accounts', room.at('accounts.db')];
  const address = database.address();
  suitu('protect', 'key', room.at('key'));
  const begun = performance.now();
  suitu('protect', 'publish', '--city', address, '--to', room.at('public.gpkg'), '--key', room.at('key'));
  console.log(`the protected city published: ${seconds(performance.now() - begun)} s`);
  suitu('accounts', 'init', '--city', address, ...accounts);
  const server = await start(address, { args: [...accounts, '--protected', room.at('public.gpkg')] });
  try {
    const password = 'Three Rivers meet at 8';
    const signIn = async (name, ...role) => {
      const [, invitation] = suitu('accounts', 'add', name, '--city', address, ...accounts, '--role', ...role).match(/invitation=(\w+)/);
      await posted(server.url, '/api/invitation', { invitation, password });
      const { headers } = await posted(server.url, '/api/session', { name, password });
      return { cookie: headers.get('set-cookie').split(';')[0] };
    };
    const steward = await signIn('steward1', 'steward');
    const home = await feature(server.url, 'residences', 'r0012345', steward);
    const official = await signIn('official1', 'district', '--scope', home.properties.district_code);
    const begun = performance.now();
    await feature(server.url, 'schools', 's00002', official);
    console.log(`the official's city is made first: ${(performance.now() - begun).toFixed(0)} ms`);
    for (const what of [{ layer: 'schools', id: 's00002', field: 'seats_primary' }, { layer: 'residences', id: 'r0012345', field: 'usual_residents', turns: 10, every: 20 }]) {
      const see = async () => (await feature(server.url, what.layer, what.id, official)).properties[what.field];
      console.log(`by a district official, ${what.layer}: ${await propagation(server.url, what, see, steward)}`);
    }
  } finally {
    await server.stop('SIGKILL');
  }
});
