// The protected city in a database of its own, published by one server and followed by others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Database, folder, start, suitu, until } from './server.mjs';

let room, database;

before(async () => {
  room = folder();
  Database.prepare(room.path);
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '2000');
  suitu('protect', 'key', room.at('key.toml'));
  database = await Database.create(room.path, 'data');
  database.sql('create database city', 'postgres');
  database.sql('create database public', 'postgres');
  suitu('migrate', '--city', database.address());
  suitu('migrate', '--city', database.address('public'));
  suitu('copy', '--from', room.at('city.gpkg'), '--to', database.address());
  suitu('accounts', 'init', '--city', room.at('city.gpkg'), '--accounts', room.at('accounts.db'));
});
after(() => {
  database?.kill();
  room?.remove();
});

const pieces = () => Number(database.sql('select count(*) from city.residences', 'public'));
const follower = () => start(database.address(), { log: room.at('log'), args: ['--accounts', room.at('accounts.db'), '--protected', database.address('public')] });
const publisher = () => start(database.address(), { log: room.at('log'), args: ['--accounts', room.at('accounts.db'), '--protected', database.address('public'), '--protection-key', room.at('key.toml')] });

test('servers start before, while and after there is a publication', async () => {
  const early = await follower();
  const first = await publisher();
  await until('nothing was published', () => pieces() > 0);
  const published = pieces();
  assert.ok(early.isRunning());
  await first.stop();
  // Each starts beside what is there: who publishes, and who follows.
  const again = await publisher();
  const late = await follower();
  for (const server of [early, again, late]) {
    assert.ok(server.isRunning());
    await server.stop();
  }
  assert.equal(pieces(), published);
  // What it is made of stays with the exact city.
  const kept = (place) => database.sql("select string_agg(name, ' ' order by name) from suitu.networks where name like 'protection%'", place);
  assert.equal(kept('city'), 'protection protection_shown');
  assert.equal(kept('public'), '');
});
