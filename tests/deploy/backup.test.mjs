// Backups that are made while people write hold all that was acknowledged before, and come back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Database, folder, keepAdding, pause, serve, suitu, until } from './server.mjs';

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
let room, database;

before(async () => {
  room = folder();
  Database.prepare(room.path);
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '2000');
  suitu('accounts', 'init', '--city', room.at('city.gpkg'), '--accounts', room.at('accounts.db'));
  database = await Database.create(room.path, 'data');
});
after(() => {
  database?.kill();
  room?.remove();
});

function run(script, args, env = {}) {
  return execFileSync(join(DEPLOY, script), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
}
const refused = (script, args, says, env) =>
  assert.throws(() => run(script, args, env), (error) => {
    assert.match(String(error.stderr), says);
    return true;
  });
const schools = (city) => {
  const file = room.at(`schools-${Math.random()}.csv`);
  suitu('export', 'schools', '--city', city, '--out', file);
  return execFileSync('cat', [file], { encoding: 'utf8' });
};
const balance = (city) => suitu('query', 'balance', '--level', 'subdistrict', '--city', city);

test('a city file is backed up while it is written, with its accounts, and restored', async () => {
  const server = await serve(room.at('city.gpkg'));
  const people = keepAdding(server.url, 'b');
  await until('no edit was acknowledged', () => people.acknowledged.length > 4);
  const known = [...people.acknowledged];
  const made = run('backup', [room.at('backups')], { SUITU_CITY: room.at('city.gpkg'), SUITU_ACCOUNTS: room.at('accounts.db') }).trim();
  await until('no edit was acknowledged meanwhile', () => people.acknowledged.length > known.length);
  await people.stop();
  await server.stop();
  assert.deepEqual(people.refused, []);
  assert.deepEqual(readdirSync(made).sort(), ['SHA256SUMS', 'accounts.db', 'city.gpkg']);

  const back = room.at('back.gpkg');
  const told = run('restore', [made, back]);
  assert.match(told, /schools/);
  const listed = schools(back);
  for (const id of known) assert.ok(listed.includes(id), id);
  assert.equal(balance(back), balance(room.at('city.gpkg')));
  assert.ok(existsSync(`${back}.accounts.db`));
  // What is there is not written over, and what was changed is not brought back.
  refused('restore', [made, back], /is there already/);
  appendFileSync(join(made, 'city.gpkg'), 'x');
  refused('restore', [made, room.at('other.gpkg')], /not as it was made/);
  assert.ok(!existsSync(room.at('other.gpkg')));
});

test('a backup that fails leaves nothing, and only the newest ones stay', async () => {
  const backups = room.at('few');
  refused('backup', [backups], /no file/, { SUITU_CITY: room.at('none.gpkg') });
  assert.deepEqual(readdirSync(backups), []);
  for (let n = 0; n < 3; n += 1) {
    run('backup', [backups], { SUITU_CITY: room.at('city.gpkg'), SUITU_KEEP: '2' });
    await pause(1100);
  }
  assert.equal(readdirSync(backups).length, 2);
});

test('a database is backed up and restored into an empty one', () => {
  database.sql('create database city', 'postgres');
  suitu('migrate', '--city', database.address());
  suitu('copy', '--from', room.at('city.gpkg'), '--to', database.address());
  const made = run('backup', [room.at('databases')], { SUITU_CITY: database.address() }).trim();
  database.sql('create database back', 'postgres');
  run('restore', [made, database.address('back')]);
  assert.equal(schools(database.address('back')), schools(database.address()));
  assert.equal(balance(database.address('back')), balance(database.address()));
  refused('restore', [made, database.address('back')], /holds a city already/);
});

test('who owns a database and nothing else restores into it', () => {
  database.sql('create role bureau login', 'postgres');
  database.sql('create database owned owner bureau', 'postgres');
  database.sql('create extension postgis', 'owned');
  const made = run('backup', [room.at('of-owner')], { SUITU_CITY: database.address() }).trim();
  const owned = database.address('owned').replace('suitu@', 'bureau@');
  run('restore', [made, owned]);
  assert.equal(balance(owned), balance(database.address()));
});

test('accounts in a database are backed up with their record, apart from the city', () => {
  const address = database.address();
  const place = (database, record) => ['--city', room.at('city.gpkg'), '--accounts', database, '--record', room.at(record)];
  suitu('accounts', 'copy', '--city', room.at('city.gpkg'), '--accounts', room.at('accounts.db'), '--to', address);
  suitu('accounts', 'add', 'chenyu', ...place(address, 'record.db'), '--role', 'planner');
  const env = { SUITU_CITY: address, SUITU_ACCOUNTS: address, SUITU_RECORD: room.at('record.db') };
  const made = run('backup', [room.at('shared')], env).trim();
  assert.deepEqual(readdirSync(made).sort(), ['SHA256SUMS', 'accounts.dump', 'city.dump', 'record.db']);
  database.sql('create database again', 'postgres');
  const again = database.address('again');
  refused('restore', [made, again], /which database the accounts/);
  assert.match(run('restore', [made, again, again, room.at('record2.db')]), /\d+:[0-9a-f]{64}/);
  const list = (database, record) => suitu('accounts', 'list', ...place(database, record));
  assert.match(list(again, 'record2.db'), /chenyu.*planner/);
  assert.equal(list(again, 'record2.db'), list(address, 'record.db'));
  assert.match(suitu('audit', 'list', ...place(again, 'record2.db')), /accounts add chenyu/);
});
