// Malformed requests, thousands of them, made from the OpenAPI document: random, boundary, wrong-typed, very
// long, repeated and missing parameters, JSON bodies changed and cut, on a server without accounts and on one
// with them (nobody, a planner, a steward).
//
// Fails: an answer of 5xx other than 503 with Retry-After; an error that is not problem details with its own
// status; a status that the document does not declare; no answer, or none in time; a panic in the log; a
// server that ends. The request that failed is printed and, with SOAK_SEED, made again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import { folder, pause, start, suitu } from '../deploy/server.mjs';
import { operations, request } from './requests.mjs';
import { Chance, SEED, held, panics } from './watch.mjs';

const REQUESTS = Number(process.env.SOAK_REQUESTS ?? 6000);
/** Answers take 60 s at most, bodies 90 s: whoever waits longer was forgotten. */
const PATIENCE_MS = 100_000;
/** Most people leave sooner, and what they asked for is stopped. */
const LEAVES_MS = 8_000;
const AT_ONCE = 4;

let room;
before(() => {
  room = folder();
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '3000');
});
after(() => room?.remove());

/** Sends one request; `{ status, type, retry, text }`, or `{ error }`, or `{ left: true }`. */
function send(agent, port, { method, path, headers, body }, patience) {
  return new Promise((done) => {
    const finish = (answer) => {
      clearTimeout(timer);
      done(answer);
    };
    let sent;
    try {
      sent = http.request({ host: '127.0.0.1', port, method, path, headers, agent });
    } catch (error) {
      // Not even Node sends that.
      return done({ unsendable: String(error) });
    }
    const timer = setTimeout(() => {
      sent.destroy();
      done({ left: true });
    }, patience);
    sent.on('error', (error) => finish({ error: String(error) }));
    sent.on('response', (response) => {
      const type = response.headers['content-type'] ?? '';
      if (type === 'text/event-stream') {
        sent.destroy();
        return finish({ status: response.statusCode, type, text: '' });
      }
      const parts = [];
      response.on('data', (part) => parts.length < 64 && parts.push(part));
      response.on('error', (error) => finish({ error: String(error) }));
      response.on('end', () => finish({ status: response.statusCode, type, retry: response.headers['retry-after'], text: Buffer.concat(parts).toString() }));
    });
    sent.end(body);
  });
}

/** What is wrong with an answer; `undefined` where nothing is. */
function fault(operation, { method, path }, answer) {
  const { status, type, retry, text, error } = answer;
  if (error !== undefined) return `no answer: ${error}`;
  if (status >= 500 && !(status === 503 && retry !== undefined)) return `${status}: ${text.slice(0, 300)}`;
  if (status === 429 && retry === undefined) return '429 without Retry-After';
  if (status >= 400 && method !== 'HEAD') {
    if (type !== 'application/problem+json') return `${status} is ${type || 'nothing'}: ${text.slice(0, 200)}`;
    const problem = JSON.parse(text);
    if (problem.status !== status || typeof problem.detail !== 'string') return `${status} with ${text.slice(0, 200)}`;
  }
  // Spoilt paths and other methods are other operations, or none.
  if (method !== operation.method || path.includes('%2F') || path.includes('..')) return undefined;
  if (!operation.statuses.includes(String(status)) && !operation.statuses.includes('default')) return `${status} is not declared`;
  return undefined;
}

async function fuzz(server, log, seed, count, actors) {
  const document = await (await fetch(`${server.url}/api/openapi.json`, { headers: actors.at(-1) })).json();
  const all = operations(document);
  for (const name of ['one', 'two']) await send(http.globalAgent, server.port, { method: 'POST', path: '/api/scenarios', headers: { 'content-type': 'application/json', 'x-suitu': '1', ...actors.at(-1) }, body: JSON.stringify({ name }) }, LEAVES_MS);
  const answered = new Map(all.map((operation) => [`${operation.method} ${operation.path}`, 0]));
  const chance = new Chance(seed);
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const statuses = new Map();
  const faults = [];
  let number = 0;
  const one = async () => {
    while (number < count) {
      const operation = all[number % all.length];
      number += 1;
      const made = request(chance, operation);
      Object.assign(made.headers, chance.one(actors));
      const answer = await send(agent, server.port, made, chance.is(0.02) ? 200 : LEAVES_MS);
      const key = answer.unsendable ? 'unsendable' : answer.left ? 'left' : answer.error ? 'error' : answer.status;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
      if (answer.left || answer.unsendable) continue;
      const name = `${operation.method} ${operation.path}`;
      if (answer.status < 300) answered.set(name, answered.get(name) + 1);
      const wrong = fault(operation, made, answer);
      if (wrong) faults.push({ operation: `${operation.method} ${operation.path}`, wrong, request: made });
      if (!server.isRunning()) return;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  agent.destroy();
  const { rss, peak, files } = server.isRunning() ? held(server.pid) : {};
  console.log(`seed ${seed}: ${number} requests, answers`, Object.fromEntries(statuses), `; ${rss} MB (at most ${peak}), ${files} open files`);
  console.log('never answered:', [...answered].filter(([, times]) => times === 0).map(([name]) => name).join(', ') || 'none');
  for (const told of new Map(faults.map((one) => [one.operation + one.wrong.slice(0, 40), one])).values()) {
    console.log(`${told.operation}: ${told.wrong}\n  ${JSON.stringify(told.request).slice(0, 1500)}`);
  }
  assert.deepEqual(panics(log), []);
  assert.ok(server.isRunning(), 'the server ended');
  assert.equal(faults.length, 0, `${faults.length} answers were wrong`);
}

test('no malformed request breaks a server without accounts', async () => {
  const log = room.at('open.log');
  const server = await start(room.at('city.gpkg'), { log });
  try {
    await fuzz(server, log, SEED, REQUESTS, [{}]);
    // Whatever was left is stopped: the next question is answered at once.
    await pause(500);
    const asked = await fetch(`${server.url}/api/balance?level=district`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    assert.equal(asked.status, 200);
  } finally {
    await server.stop('SIGKILL');
  }
});

test('nor one with accounts, whoever sends it', async () => {
  const city = room.at('city.gpkg');
  suitu('accounts', 'init', '--city', city);
  const bearer = (name, role) => {
    suitu('accounts', 'add', name, '--city', city, '--role', role);
    const token = suitu('accounts', 'token', name, '--title', 'soak', '--city', city).match(/\S{30,}/)[0];
    return { authorization: `Bearer ${token}` };
  };
  const actors = [{}, bearer('planner1', 'planner'), bearer('steward1', 'steward')];
  const log = room.at('accounts.log');
  const server = await start(city, { log });
  try {
    await fuzz(server, log, SEED + 1, Math.ceil(REQUESTS / 3), actors);
  } finally {
    await server.stop('SIGKILL');
  }
});
