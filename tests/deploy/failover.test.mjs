// A database dies under load: its synchronous standby takes over, and nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Database, folder, keepAdding, keepReading, pause, serve, suitu, until } from './server.mjs';

let room, primary, standby, writer, reader;

before(async () => {
  room = folder();
  Database.prepare(room.path);
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '2000');
  primary = await Database.create(room.path, 'primary', '-c wal_level=replica');
  primary.sql('create database city', 'postgres');
  suitu('migrate', '--city', primary.address());
  suitu('copy', '--from', room.at('city.gpkg'), '--to', primary.address());
  standby = await primary.standby(room.path, 'standby');
  primary.sql("alter system set synchronous_standby_names = '*'");
  primary.sql('select pg_reload_conf()');
  for (let tries = 0; primary.sql("select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')") === '0'; tries += 1) {
    assert.ok(tries < 100, 'the standby never became synchronous');
    await pause(100);
  }
});
after(async () => {
  await writer?.stop('SIGKILL');
  await reader?.stop('SIGKILL');
  primary?.kill();
  standby?.kill();
  room?.remove();
});

test('writes go on at the promoted standby, readers see no error, nothing acknowledged is missing', async () => {
  const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
  writer = await serve(`postgresql://suitu@${hosts}/city?target_session_attrs=read-write`);
  reader = await serve(`postgresql://suitu@127.0.0.1:${standby.port}/city`);
  const people = keepAdding(writer.url, 'f');
  const readers = [keepReading(writer.url), keepReading(reader.url)];
  await until('no edit was acknowledged', () => people.acknowledged.length > 20);

  primary.kill();
  const before = people.acknowledged.length;
  await pause(1000);
  standby.promote();
  await until('no edit was acknowledged after the failover', () => people.acknowledged.length > before + 20);
  await people.stop();
  for (const status of new Set(people.refused)) assert.equal(status, 503, `a write was refused by ${status}`);

  const there = new Set(standby.sql("select id from city.schools where id like 'f%'").split('\n'));
  assert.deepEqual(people.acknowledged.filter((id) => !there.has(id)), []);
  // Both servers show the last one.
  const last = people.acknowledged.at(-1);
  for (const { url } of [writer, reader]) {
    await until(`${url} does not show ${last}`, async () => (await fetch(`${url}/api/layers/schools/features/${last}`)).ok);
  }
  for (const one of readers) {
    const count = await one.stop();
    assert.ok(count > 20, `${count} answers`);
    assert.deepEqual(one.wrong, []);
  }
  console.log(`# ${people.acknowledged.length} edits acknowledged, ${people.refused.length} refused while no database took writes`);
});
