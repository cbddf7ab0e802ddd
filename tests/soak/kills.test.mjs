// Killed without a word (SIGKILL), again and again, at moments by chance: a server that is sent edits one by one,
// in batches and with undoing, and every second time an import beside it; of a city in a file, and of one in
// PostgreSQL, whose own server crashes in every tenth round instead.
//
// Whoever has no answer sends the same again with its key (Idempotency-Key) to the next server. Fails: an edit
// that was acknowledged and is not there; half a batch; an edit that is there though nobody sent it, or twice
// though it has a key; half an import; a file that SQLite finds damaged; a home that does not open; a record
// that does not hold.
//
// SOAK_KILLS (200): rounds for each home. Needs the sqlite3 command.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Database, SUITU, folder, pause, start, suitu, until } from '../deploy/server.mjs';
import { Chance, SEED, panics } from './watch.mjs';

const ROUNDS = Number(process.env.SOAK_KILLS ?? 200);
/** A server is killed so long after its first answer at most, ms. */
const LONGEST = 500;
const BATCH = 10;
/** Residences of an import. */
const ROWS = 3000;

let room;
before(() => {
  room = folder();
  Database.prepare(room.path);
  suitu('demo', '--city', room.at('demo.gpkg'), '--residences', '500');
});
after(() => room?.remove());

/** A city in a file: what another program reads of it. */
class File {
  constructor(address) {
    this.address = address;
    this.names = { schools: 'schools', residences: 'residences', history: 'suitu_history' };
  }

  rows(sql) {
    const text = execFileSync('sqlite3', ['-json', '-cmd', '.timeout 5000', this.address, sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.trim() ? JSON.parse(text) : [];
  }

  check() {
    assert.deepEqual(this.rows('pragma integrity_check').map((row) => row.integrity_check), ['ok']);
  }
}

/** A city in a database. */
class Shared {
  constructor(database) {
    this.database = database;
    this.address = database.address();
    this.names = { schools: 'city.schools', residences: 'city.residences', history: 'suitu.history' };
  }

  rows(sql) {
    return JSON.parse(this.database.sql(`select coalesce(json_agg(found), '[]') from (${sql}) as found`));
  }

  check() {}
}

/** Somebody who sends one edit after another; one without an answer is sent again. */
class Writer {
  sent = 0;
  acknowledged = 0;
  resent = 0;
  wrong = [];
  pending = null;

  constructor(next) {
    this.next = next;
  }

  async write(url, headers, isOver) {
    while (!isOver()) {
      if (this.pending) this.resent += 1;
      else {
        this.sent += 1;
        this.pending = { ...this.next(this.sent), key: `${SEED}-${this.next.name}-${this.sent}` };
      }
      const { method, path, body, key } = this.pending;
      const request = { method, headers: { 'content-type': 'application/json', 'x-suitu': '1', 'if-match': '*', 'idempotency-key': key, ...headers }, body: JSON.stringify(body), signal: AbortSignal.timeout(30_000) };
      const response = await fetch(url + path, request).catch(() => null);
      const text = await response?.text().catch(() => null);
      // Cut in the midst of the answer: it is not known.
      if (text === null || text === undefined || response.status === 503) await pause(20);
      else if (response.ok) {
        this.acknowledged += 1;
        this.pending = null;
      } else {
        this.wrong.push(`${key}: ${response.status} ${text.slice(0, 300)}`);
        return;
      }
    }
  }
}

const FEATURES = '/api/layers/schools/features';
const school = (id, name = id) => ({ id, lon: 113.3, lat: 23.1, values: { name, kind: 'primary', seats_primary: 720 } });

function single(n) {
  return { method: 'POST', path: FEATURES, body: school(`k${n}`) };
}
function batch(n) {
  const edits = Array.from({ length: BATCH }, (_, at) => ({ kind: 'change', layer: 'schools', id: `b${at}`, version: '*', values: { seats_primary: n } }));
  return { method: 'POST', path: '/api/edits', body: { edits } };
}
/** A change, and after each its undoing. */
function undoing(n) {
  if (n % 2 === 0) return { method: 'POST', path: `${FEATURES}/u/undo`, body: {} };
  return { method: 'PATCH', path: `${FEATURES}/u`, body: { values: { seats_primary: 1000 + n } } };
}
const undone = (n) => (n % 2 === 0 ? 720 : 1000 + n);

/** Whether what was sent last is there: what was acknowledged is, what has no answer may be, nothing else. */
function last(what, writer, found) {
  assert.ok(found === writer.sent || (found === writer.sent - 1 && writer.pending), `${what}: ${found} is there, ${writer.sent} were sent, ${writer.pending ? 'the last without an answer' : 'all acknowledged'}`);
  return found === writer.sent;
}

/** Checks what a home holds after a kill; how many edits without an answer are there. */
function checkEdits(home, { singles, batches, undos }) {
  suitu('info', '--city', home.address);
  home.check();
  const { schools, history } = home.names;
  const { count, highest } = home.rows(`select count(*) as count, max(cast(substr(id, 2) as integer)) as highest from ${schools} where id like 'k%' and name = id and seats_primary = 720`)[0];
  assert.equal(count, highest ?? 0, 'one in between is missing');
  const changed = home.rows(`select distinct seats_primary as seats from ${schools} where id like 'b%' and name = 'batch'`);
  assert.equal(changed.length, 1, `half a batch: ${JSON.stringify(changed)}`);
  const made = (id) => home.rows(`select count(*) as count from ${history} where id = '${id}'`)[0].count - 1;
  assert.equal(home.rows(`select id from ${history} where id like 'k%' group by id having count(*) > 1`).length, 0, 'made twice');
  assert.equal(made('b0'), made(`b${BATCH - 1}`));
  if (made('b0') > 0) assert.equal(changed[0].seats, made('b0'));
  const seats = home.rows(`select seats_primary as seats from ${schools} where id = 'u'`)[0].seats;
  assert.equal(seats, undone(made('u')), `after ${made('u')} edits`);
  const there = [last('single edits', singles, count), last('batches', batches, made('b0')), last('undoing', undos, made('u'))];
  return there.filter((isThere, at) => isThere && [singles, batches, undos][at].pending).length;
}

/** Brings residences of another year in the place of those before; `mark` is what every row says. */
function importing(home, mark) {
  const rows = Array.from({ length: ROWS }, (_, n) => `n${n},${113.2 + (n % 100) / 1000},${23.05 + (n % 70) / 1000},${mark}`);
  writeFileSync(room.at('homes.csv'), ['id,lon,lat,usual_residents', ...rows].join('\n'));
  const child = spawn(SUITU, ['import', 'residences', room.at('homes.csv'), '--city', home.address, '--crs', 'EPSG:4490', '--period', '2021', '--replace'], { stdio: 'ignore' });
  return { child, ended: new Promise((done) => child.once('exit', (code) => done(code))) };
}

/** What every row of the last import says. */
function imported(home) {
  const found = home.rows(`select usual_residents as mark, count(*) as count from ${home.names.residences} where period = '2021' group by usual_residents`);
  assert.deepEqual(found.map((row) => row.count), [ROWS], `half an import: ${JSON.stringify(found)}`);
  return found[0].mark;
}

async function rounds(name, home, crash) {
  const begun = performance.now();
  const chance = new Chance(SEED);
  const [singles, batches, undos] = [single, batch, undoing].map((next) => new Writer(next));
  const writers = [singles, batches, undos];
  const accounts = ['--accounts', room.at(`${name}.accounts.db`)];
  suitu('accounts', 'init', '--city', home.address, ...accounts);
  suitu('accounts', 'add', 'steward', '--city', home.address, ...accounts, '--role', 'steward');
  const token = suitu('accounts', 'token', 'steward', '--city', home.address, ...accounts, '--title', 'soak').trim();
  const headers = { authorization: `Bearer ${token}` };
  const log = room.at(`${name}.log`);
  const serve = () => start(home.address, { args: accounts, log });

  let server = await serve();
  const firsts = [...Array.from({ length: BATCH }, (_, at) => school(`b${at}`, 'batch')), school('u')];
  for (const body of firsts) {
    const made = await fetch(server.url + FEATURES, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    assert.equal(made.status, 201, await made.text());
  }
  const first = performance.now();
  assert.equal(await importing(home, 1).ended, 0);
  const importMs = performance.now() - first;
  await server.stop('SIGKILL');

  const told = { crashes: 0, written: 0, unanswered: 0, whole: 0, absent: 0 };
  let mark = 1;
  for (let round = 1; round <= ROUNDS; round += 1) {
    server = await serve();
    let isOver = false;
    const before = writers.map((writer) => writer.acknowledged);
    const writing = writers.map((writer) => writer.write(server.url, headers, () => isOver));
    const wrong = () => writers.flatMap((writer) => writer.wrong);
    await until('edits do not go on', () => wrong().length > 0 || writers.every((writer, at) => writer.acknowledged > before[at]));
    const bringing = round % 2 === 0 ? importing(home, round) : null;
    await pause(chance.next() * (bringing ? importMs * 1.2 : LONGEST));
    const isCrash = crash !== undefined && round % 10 === 0;
    if (isCrash) {
      told.crashes += 1;
      crash.stop('immediate');
    }
    bringing?.child.kill('SIGKILL');
    await server.stop('SIGKILL');
    isOver = true;
    await Promise.all(writing);
    const code = await bringing?.ended;
    if (isCrash) crash.start(room.path);
    assert.deepEqual(wrong(), []);

    told.unanswered += writers.filter((writer) => writer.pending).length;
    told.written += checkEdits(home, { singles, batches, undos });
    const found = imported(home);
    if (bringing) {
      assert.ok(found === round || (found === mark && code !== 0), `the import of round ${round} ended with ${code}, and ${found} is there`);
      told[found === round ? 'whole' : 'absent'] += 1;
    } else assert.equal(found, mark);
    mark = found;
    suitu('audit', 'verify', '--city', home.address, ...accounts);
  }

  // Everything without an answer is sent once more and is there then.
  server = await serve();
  try {
    await Promise.all(writers.map((writer) => writer.pending && writer.write(server.url, headers, () => !writer.pending)));
    assert.deepEqual(writers.flatMap((writer) => writer.wrong), []);
    checkEdits(home, { singles, batches, undos });
    const seen = await fetch(`${server.url}${FEATURES}/k${singles.sent}`, { headers });
    assert.equal(seen.status, 200, 'the last edit is not shown');
  } finally {
    await server.stop('SIGKILL');
  }
  assert.deepEqual(panics(log), []);
  const sum = (field) => writers.reduce((all, writer) => all + writer[field], 0);
  const edits = singles.acknowledged + batches.acknowledged * BATCH + undos.acknowledged;
  console.log(
    `${name}: ${ROUNDS} kills${crash ? `, ${told.crashes} of them of the database` : ''} in ${((performance.now() - begun) / 1000).toFixed(0)} s; ${sum('acknowledged')} writes (${edits} edits) acknowledged, none lost; ` +
      `${told.unanswered} without an answer, of which ${told.written} were there, each once after it was sent again; ${told.whole} imports there, ${told.absent} not, none by half`,
  );
}

test('a city in a file', async () => {
  const address = room.at('city.gpkg');
  suitu('copy', '--from', room.at('demo.gpkg'), '--to', address);
  await rounds('file', new File(address));
});

test('a city in PostgreSQL', async () => {
  const database = await Database.create(room.path, 'database');
  try {
    database.sql('create database city', 'postgres');
    suitu('migrate', '--city', database.address());
    suitu('copy', '--from', room.at('demo.gpkg'), '--to', database.address());
    await rounds('PostgreSQL', new Shared(database), database);
  } finally {
    database.kill();
  }
});
