// PostgreSQL is stopped, crashes and comes back, again and again, while people look at the map and edit it.
//
// Fails: a reader who sees an error (answers come from memory); a writer who is told anything but done, or 503
// with Retry-After; an acknowledged edit that is missing afterwards, or that the server does not show.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Database, folder, keepAdding, keepReading, pause, start, suitu, until } from '../deploy/server.mjs';
import { panics } from './watch.mjs';

const ROUNDS = Number(process.env.SOAK_ROUNDS ?? 8);
/** Asked by readers all the time; all of it is in memory. */
const PATHS = ['/api/balance?level=district', '/tiles/schools/12/3337/1777', '/api/search?q=thq', '/api/city', '/api/layers/schools/features?limit=5', '/health/ready'];

let room, database, server;

before(async () => {
  room = folder();
  Database.prepare(room.path);
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '2000');
  database = await Database.create(room.path, 'database');
  database.sql('create database city', 'postgres');
  suitu('migrate', '--city', database.address());
  suitu('copy', '--from', room.at('city.gpkg'), '--to', database.address());
});
after(async () => {
  await server?.stop('SIGKILL');
  database?.kill();
  room?.remove();
});

test('readers see no error and nothing acknowledged is missing, however often the database goes', async () => {
  const log = room.at('log');
  server = await start(database.address(), { log });
  const writers = ['a', 'b', 'c', 'd'].map((prefix) => keepAdding(server.url, prefix));
  const readers = PATHS.map((path) => keepReading(server.url, { path }));
  const count = () => writers.reduce((sum, one) => sum + one.acknowledged.length, 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = count();
    await until('edits do not go on', () => count() > before + 20);
    database.stop(['fast', 'immediate'][round % 2]);
    await pause(500 + 400 * (round % 4));
    const refused = await fetch(`${server.url}/api/layers/schools/features`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-suitu': '1' },
      body: JSON.stringify({ id: `refused${round}`, lon: 113.3, lat: 23.1, values: { name: 'x' } }),
    });
    assert.equal(refused.status, 503);
    assert.ok(refused.headers.get('retry-after'));
    assert.match(refused.headers.get('content-type'), /problem\+json/);
    database.start(room.path);
  }
  const before = count();
  await until('edits do not go on after the last round', () => count() > before + 20);
  let answers = 0;
  for (const one of readers) answers += await one.stop();
  for (const one of writers) await one.stop();
  for (const one of readers) assert.deepEqual([...new Set(one.wrong)].filter((status) => status !== 204), []);
  const refused = writers.flatMap((one) => one.refused);
  assert.deepEqual([...new Set(refused)].filter((status) => status !== 503), []);
  const there = new Set(database.sql('select id from city.schools').split('\n'));
  const acknowledged = writers.flatMap((one) => one.acknowledged);
  assert.deepEqual(acknowledged.filter((id) => !there.has(id)), []);
  await until('the server does not show the last edit', async () => (await fetch(`${server.url}/api/layers/schools/features/${acknowledged.at(-1)}`)).ok);
  assert.deepEqual(panics(log), []);
  console.log(`${ROUNDS} times stopped or crashed: ${answers} answers, none wrong; ${acknowledged.length} edits acknowledged, all there; ${refused.length} refused by 503`);
});
