// Schemathesis reads the OpenAPI document and asks what it allows and what it does not, on a server without
// accounts and as a planner on one with them. It is installed once into a folder of its own, target/schemathesis
// (Python and its package index are needed), or named by SCHEMATHESIS.
//
// Fails: an answer of 5xx, a status, type or form of answer that the document does not tell; a panic in the log.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folder, start, suitu } from '../deploy/server.mjs';
import { SEED, panics } from './watch.mjs';

const VERSION = '4.32.5';
const SECONDS = Number(process.env.SOAK_SCHEMA_SECONDS ?? 300);
const HOME = fileURLToPath(new URL('../../target/schemathesis', import.meta.url));
const CHECKS = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance'];

let room;
let program = process.env.SCHEMATHESIS;
before(() => {
  room = folder();
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '3000');
  if (program !== undefined) return;
  program = `${HOME}/bin/schemathesis`;
  if (existsSync(program)) return;
  execFileSync('python3', ['-m', 'venv', HOME]);
  execFileSync(`${HOME}/bin/pip`, ['install', '--quiet', `schemathesis==${VERSION}`]);
});
after(() => room?.remove());

async function ask(name, headers, ...args) {
  const log = room.at(`${name}.log`);
  const server = await start(room.at('city.gpkg'), { log, args });
  try {
    const shown = Object.entries({ 'x-suitu': '1', ...headers }).flatMap(([key, value]) => ['-H', `${key}: ${value}`]);
    // Events go on for ever.
    const rest = ['--exclude-path-regex', '/api/events', '--phases', 'coverage,fuzzing', '--max-examples', '15', '--max-time', String(SECONDS)];
    const how = ['--continue-on-failure', '--no-shrink', '--seed', String(SEED), '--request-timeout', '100', '--warnings', 'off'];
    const asking = spawn(program, ['run', `${server.url}/api/openapi.json`, '-u', server.url, ...shown, ...rest, ...how, '-c', CHECKS.join(',')], { cwd: room.path, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [asking.stdout, asking.stderr]) stream.on('data', (part) => (said += part));
    const status = await new Promise((done) => asking.once('exit', done));
    console.log(`${name}: ${said.match(/[\d,]+ generated.*/)?.[0] ?? 'nothing was asked'}`);
    assert.equal(status, 0, said);
    assert.match(said, /[1-9]\d* generated/);
    assert.ok(server.isRunning(), 'the server ended');
    assert.deepEqual(panics(log), []);
  } finally {
    await server.stop();
  }
}

test('a city without accounts answers as its document tells', () => ask('open', {}));

test('and so does one with accounts, to a planner', async () => {
  const city = ['--city', room.at('city.gpkg')];
  suitu('accounts', 'init', ...city);
  suitu('accounts', 'add', 'planner1', ...city, '--role', 'planner');
  const token = suitu('accounts', 'token', 'planner1', ...city, '--title', 'schema').trim();
  await ask('planner', { authorization: `Bearer ${token}` });
});
