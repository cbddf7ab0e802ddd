// A database dies under load and its standby takes over. With a synchronous standby nothing acknowledged is
// lost; without one what was lost is no longer shown. The accounts are in the same database.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { Cut } from './cut.mjs';
import { Database, addSchool, folder, keepAdding, keepReading, pause, serve, suitu, until } from './server.mjs';

let room, primary, standby, address;
const running = [];

before(() => {
  room = folder();
  Database.prepare(room.path);
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '2000');
});
after(() => room?.remove());

let made = 0;
beforeEach(async () => {
  made += 1;
  primary = await Database.create(room.path, `primary${made}`, '-c wal_level=replica');
  primary.sql('create database city', 'postgres');
  suitu('migrate', '--city', primary.address());
  suitu('copy', '--from', room.at('city.gpkg'), '--to', primary.address());
  standby = await primary.standby(room.path, `standby${made}`);
  address = `postgresql://suitu@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/city?target_session_attrs=read-write`;
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop('SIGKILL');
  primary?.kill();
  standby?.kill();
});

async function served(...args) {
  const one = await serve(...args);
  running.push(one);
  return one;
}

test('writes go on at the promoted standby, readers see no error, nothing acknowledged is missing', async () => {
  primary.sql("alter system set synchronous_standby_names = '*'");
  primary.sql('select pg_reload_conf()');
  await until('the standby never became synchronous', () => primary.sql("select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')") !== '0');
  const home = (name) => ['--city', address, '--accounts', address, '--record', room.at(`${name}.record.db`)];
  suitu('accounts', 'init', ...home('machine'));
  const token = (role) => {
    suitu('accounts', 'add', role, ...home('machine'), '--role', role);
    return { authorization: `Bearer ${suitu('accounts', 'token', role, ...home('machine'), '--title', 'test').trim()}` };
  };
  const [steward, planner] = [token('steward'), token('planner')];
  const named = (name) => home(name).slice(2);
  const writer = await served(address, ...named('writer'));
  const reader = await served(standby.address(), ...named('reader'));
  const people = keepAdding(writer.url, 'f', steward);
  const readers = [keepReading(writer.url, { headers: planner }), keepReading(reader.url, { headers: planner })];
  await until('no edit was acknowledged', () => people.acknowledged.length > 20);
  // Who reaches the standby alone is told so, and not to try again at once.
  const told = await fetch(`${reader.url}/api/layers/schools/features`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-suitu': '1', ...steward },
    body: JSON.stringify({ id: 'never', lon: 113.3, lat: 23.1, values: { name: 'never' } }),
  });
  assert.deepEqual([told.status, (await told.json()).reason], [503, 'standby']);

  primary.kill();
  const before = people.acknowledged.length;
  await pause(1000);
  standby.promote();
  await until('no edit was acknowledged after the failover', () => people.acknowledged.length > before + 20);
  await people.stop();
  for (const status of new Set(people.refused)) assert.equal(status, 503, `a write was refused by ${status}`);

  const there = new Set(standby.sql("select id from city.schools where id like 'f%'").split('\n'));
  assert.deepEqual(people.acknowledged.filter((id) => !there.has(id)), []);
  // Both servers show the last one, whose number is of another epoch than those before.
  const last = people.acknowledged.at(-1);
  for (const { url } of [writer, reader]) {
    await until(`${url} does not show ${last}`, async () => (await fetch(`${url}/api/layers/schools/features/${last}`, { headers: planner })).ok);
  }
  assert.equal(standby.sql('select number >> 32 from suitu.counter'), '1');
  for (const one of readers) {
    const count = await one.stop();
    assert.ok(count > 20, `${count} answers`);
    assert.deepEqual(one.wrong, []);
  }
  for (const name of ['writer', 'reader']) suitu('audit', 'verify', ...home(name));
  console.log(`# ${people.acknowledged.length} edits acknowledged, ${people.refused.length} refused while no database took writes`);
});

test('what an asynchronous standby never had is no longer shown once it is the primary', async () => {
  const server = await served(address);
  const shows = async (id) => (await fetch(`${server.url}/api/layers/schools/features/${id}`)).ok;
  assert.equal(await addSchool(server.url, 'kept'), 201);
  await until('the standby did not follow', () => standby.sql("select count(*) from city.schools where id = 'kept'") === '1');
  // From here on nothing reaches it.
  standby.sql("alter system set primary_conninfo = ''");
  standby.sql('select pg_reload_conf()');
  await until('it still follows', () => primary.sql('select count(*) from pg_stat_replication') === '0');
  for (const id of ['lost1', 'lost2']) assert.equal(await addSchool(server.url, id), 201);
  assert.ok(await shows('lost2'));
  const { data_version: before } = await (await fetch(`${server.url}/api/city`)).json();

  primary.kill();
  standby.promote();
  await until('what was lost is still shown', async () => !(await shows('lost1')) && !(await shows('lost2')));
  assert.ok(await shows('kept'));
  await until('it does not say that it shows all there is', async () => {
    const ready = await (await fetch(`${server.url}/health/ready`)).json();
    return ready.changes_behind === 0 && ready.home_silence_s < 5;
  });
  assert.match(await (await fetch(`${server.url}/metrics`)).text(), /\nsuitu_changes_behind 0\n/);
  const { data_version: shown } = await (await fetch(`${server.url}/api/city`)).json();
  assert.ok(shown < before, `${shown} after ${before}`);
  // The same number is never given again: it would stand for two things in whatever was kept by it.
  await until('it takes no writes', async () => (await addSchool(server.url, 'later')) === 201);
  assert.ok(await shows('later'));
  assert.ok(!(await shows('lost1')));
  const { data_version: after } = await (await fetch(`${server.url}/api/city`)).json();
  assert.ok(after > before + 2 ** 31, `${after} after ${before}`);
});

test('an edit that was cut at its commit is written once when it is sent again with its key', async () => {
  primary.sql("alter system set synchronous_standby_names = '*'");
  primary.sql('select pg_reload_conf()');
  await until('the standby never became synchronous', () => primary.sql("select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')") !== '0');
  const line = await Cut.before(primary.port);
  running.push(line);
  const server = await served(address.replace(String(primary.port), String(line.port)));
  /** A school without an id: each edit of its own would give it another one. */
  const add = async (name) => {
    const response = await fetch(`${server.url}/api/layers/schools/features`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': name },
      body: JSON.stringify({ lon: 113.3, lat: 23.1, values: { name, kind: 'primary', seats_primary: 720 } }),
    });
    return { status: response.status, body: await response.text() };
  };
  const count = (database, name) => database.sql(`select count(*) from city.schools where name = '${name}'`);

  line.cutCommitAfter('insert into suitu.history');
  const cut = await add('cut');
  assert.equal(cut.status, 503, cut.body);
  const told = JSON.parse(cut.body);
  assert.equal(told.reason, 'unsure');
  assert.match(told.detail, /may have been written.*same Idempotency-Key/);
  assert.equal(count(primary, 'cut'), '1');
  const again = await add('cut');
  assert.equal(again.status, 201, again.body);
  assert.deepEqual(await add('cut'), again);
  assert.equal(count(primary, 'cut'), '1');
  const { id } = JSON.parse(again.body);
  assert.equal(primary.sql(`select count(*) from suitu.history where id = '${id}'`), '1');

  // The primary is gone right after: the standby answers as it would have.
  line.cutCommitAfter('insert into suitu.history');
  assert.equal((await add('moved')).status, 503);
  primary.kill();
  standby.promote();
  await until('it takes no writes', async () => (await add('moved')).status === 201);
  for (const name of ['cut', 'moved']) assert.equal(count(standby, name), '1', name);
  assert.deepEqual(await add('cut'), again);
  assert.equal((await add('later')).status, 201);
});
