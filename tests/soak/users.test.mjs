// A thousand people look at one map: each pans and zooms, thinks, opens cards, asks for totals of a drawn
// polygon, for balance and gaps, searches; a third of them hear of changes and ask anew, while a steward edits
// a school every other second. Once on a city without accounts (where 32 may listen), once on one with them (a
// hundred accounts, ten people each).
//
// Fails: any answer but the right one or a 503 with Retry-After, and more than one of these in a hundred; a
// listener who is not told of the last edit; memory that grows beyond what the caches may hold; files or
// computations left over. Times are printed, by kind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import { copyFileSync } from 'node:fs';
import { folder, pause, start, suitu, until } from '../deploy/server.mjs';
import { Chance, SEED, held, panics, percentiles } from './watch.mjs';

const USERS = Number(process.env.SOAK_USERS ?? 1000);
const MINUTES = Number(process.env.SOAK_MINUTES ?? 4);
/** From one thing that somebody does to the next, ms, on average. */
const THINKS_MS = 6000;
/** What the caches may hold (tiles 256 MB, answers 128 MB), and as much again for what is under way. */
const GROWS_MB = 800;
const ACCOUNTS = Number(process.env.SOAK_ACCOUNTS ?? 100);

let room;
before(() => {
  room = folder();
  if (process.env.SOAK_CITY) copyFileSync(process.env.SOAK_CITY, room.at('city.gpkg'));
  else suitu('demo', '--city', room.at('city.gpkg'), '--residences', '100000');
});
after(() => room?.remove());

/** How it went, by kind. */
class Tally {
  /** How many more may listen: one address has 32 seats, and a city without accounts has but one address. */
  seats;
  times = new Map();
  refused = 0;
  wrong = [];
  count = 0;

  constructor(seats) {
    this.seats = seats;
  }

  note(kind, ms) {
    this.count += 1;
    if (!this.times.has(kind)) this.times.set(kind, []);
    this.times.get(kind).push(ms);
  }
}

/** Somebody at a screen, from an address of their own. */
class Person {
  constructor(number, server, tally, headers) {
    this.chance = new Chance(SEED * 100_003 + number);
    this.server = server;
    this.tally = tally;
    this.headers = headers;
    this.localAddress = `127.${1 + (number >> 14)}.${(number >> 7) & 127}.${1 + (number & 127)}`;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 3 });
    this.place = { z: 11 + this.chance.below(3), lon: 113.27 + this.chance.next() / 10, lat: 23.08 + this.chance.next() / 10 };
    this.known = new Map();
    this.heard = 0;
  }

  /** Asks and notes how it went; the text where it is wanted, else its length. */
  ask(kind, path, { method = 'GET', body, wants = false, also = {} } = {}) {
    const begun = performance.now();
    const { port } = this.server;
    const headers = { ...this.headers, ...also, ...(body && { 'content-type': 'application/json' }) };
    const etag = this.known.get(path);
    if (etag && method === 'GET') headers['if-none-match'] = etag;
    return new Promise((done) => {
      const wrong = (what) => {
        if (!this.left) this.tally.wrong.push(`${method} ${path}: ${what}`);
        done(undefined);
      };
      const sent = http.request({ host: '127.0.0.1', port, method, path, headers, agent: this.agent, localAddress: this.localAddress });
      sent.setTimeout(70_000, () => sent.destroy(new Error('no answer in 70 s')));
      sent.on('error', (error) => {
        // A kept connection may be closed just as it is used again: every client asks once more.
        if (sent.reusedSocket && error.code === 'ECONNRESET' && method === 'GET') done(this.ask(kind, path, { wants, also }));
        else wrong(String(error));
      });
      sent.on('response', (response) => {
        const parts = [];
        response.on('data', (part) => wants && parts.push(part));
        response.on('error', (error) => wrong(String(error)));
        response.on('end', () => {
          this.tally.note(kind, performance.now() - begun);
          const { statusCode: status, headers: said } = response;
          if (status === 503 && said['retry-after']) {
            this.tally.refused += 1;
            return done(undefined);
          }
          if (![200, 201, 204, 304].includes(status)) return wrong(status);
          if (said.etag && method === 'GET') this.known.set(path, said.etag);
          done(wants ? Buffer.concat(parts).toString() : true);
        });
      });
      sent.end(body && JSON.stringify(body));
    });
  }

  async view() {
    const { z, lon, lat } = this.place;
    const side = 2 ** z;
    const x = Math.floor(((lon + 180) / 360) * side);
    const rad = (lat * Math.PI) / 180;
    const y = Math.floor(((1 - Math.asinh(Math.tan(rad)) / Math.PI) / 2) * side);
    const tiles = [];
    for (const dx of [0, 1, 2]) for (const dy of [0, 1]) for (const layer of ['residences', 'subdistricts']) tiles.push(this.ask('tile', `/tiles/${layer}/${z}/${x + dx}/${y + dy}`));
    await Promise.all(tiles);
  }

  async act() {
    const { chance, place } = this;
    const near = (spread) => [place.lon + (chance.next() - 0.5) * spread, place.lat + (chance.next() - 0.5) * spread];
    const did = chance.next();
    if (did < 0.5) {
      [place.lon, place.lat] = near(0.06);
      return this.view();
    }
    if (did < 0.65) {
      place.z = Math.max(9, Math.min(16, place.z + chance.one([-1, 1])));
      return this.view();
    }
    if (did < 0.75) {
      const [lon, lat] = near(0.02);
      const found = await this.ask('list', `/api/layers/schools/features?limit=3&bbox=${lon - 0.02},${lat - 0.02},${lon + 0.02},${lat + 0.02}`, { wants: true });
      const id = found && JSON.parse(found).features[0]?.id;
      if (id) await this.ask('card', `/api/layers/schools/features/${id}`);
      return undefined;
    }
    if (did < 0.85) {
      const [lon, lat] = near(0.05);
      const ring = [[lon, lat], [lon + 0.03, lat], [lon + 0.03 * chance.next(), lat + 0.03], [lon, lat]];
      return this.ask('polygon', '/api/statistics', { method: 'POST', body: { geometry: { type: 'Polygon', coordinates: [ring] } }, also: { 'x-suitu': '1' } });
    }
    if (did < 0.9) return this.ask('balance', `/api/balance?level=${chance.one(['district', 'subdistrict'])}`);
    if (did < 0.94) return this.ask('gaps', `/api/gaps?level=district&services=${chance.one(['primary_school', 'kindergarten'])}`);
    if (did < 0.98) return this.ask('search', `/api/search?q=${encodeURIComponent(chance.one(['天河', 'thq', '小学', 'yx', '440106', '医院']))}`);
    return this.ask('catchment', '/api/catchments', { method: 'POST', body: { origins: [{ lon: place.lon, lat: place.lat }], cutoffs: [800, 1500], mode: 'walk', geometry: true }, also: { 'x-suitu': '1' } });
  }

  /** Hears of changes, and asks anew for what is on the screen. */
  listen() {
    const { port } = this.server;
    this.stream = http.request({ host: '127.0.0.1', port, path: '/api/events', headers: this.headers, localAddress: this.localAddress, agent: false });
    const wrong = (what) => this.left || this.tally.wrong.push(`events: ${what}`);
    this.stream.on('error', wrong);
    this.stream.on('response', (response) => {
      if (response.statusCode !== 200) return wrong(response.statusCode);
      response.on('end', () => wrong('ended'));
      response.on('error', wrong);
      response.on('data', (part) => {
        const version = [...String(part).matchAll(/"version":(\d+)/g)].at(-1)?.[1];
        if (!version || this.left) return;
        const isFirst = this.heard === 0;
        this.heard = Number(version);
        if (!isFirst) this.ask('asked anew', '/api/balance?level=district');
      });
    });
    this.stream.end();
  }

  async live(until) {
    const { chance } = this;
    // Not all come at the same moment.
    await pause(chance.next() * 30_000);
    if (chance.is(1 / 3) && this.tally.seats-- > 0) this.listen();
    await this.ask('page', '/');
    await this.ask('city', '/api/city');
    await this.view();
    while (Date.now() < until) {
      await pause(-Math.log(1 - chance.next()) * THINKS_MS);
      await this.act();
    }
  }

  leave() {
    this.left = true;
    this.stream?.destroy();
    this.agent.destroy();
  }
}

async function soak(server, log, prefix, who, steward, seats = Infinity) {
  const tally = new Tally(seats);
  const before = held(server.pid);
  const end = Date.now() + MINUTES * 60_000;
  const people = Array.from({ length: USERS }, (_, number) => new Person(number, server, tally, who(number)));
  const lives = people.map((one) => one.live(end));
  const editor = new Person(16_000, server, tally, steward);
  let edits = 0;
  let version = 0;
  let most = 0;
  while (Date.now() < end) {
    await pause(2000);
    edits += 1;
    const added = await editor.ask('edit', '/api/layers/schools/features', { method: 'POST', wants: true, also: { 'x-suitu': '1' }, body: { id: `${prefix}${edits}`, lon: 113.3, lat: 23.1, values: { name: 'x', kind: 'primary', seats_primary: 10 } } });
    if (added) version = edits;
    most = Math.max(most, held(server.pid).rss);
  }
  await Promise.all(lives);
  const told = JSON.parse(await editor.ask('city', '/api/city?now', { wants: true }));
  const listeners = people.filter((one) => one.stream);
  const behind = () => listeners.filter((one) => one.heard < told.data_version).map((one) => one.heard);
  await until('not every listener was told of the last edit', () => behind().length === 0, 120).catch((error) => {
    throw new Error(`${behind().length} of ${listeners.length} wait for ${told.data_version}, hearing last of ${behind().slice(0, 10)}; ${tally.wrong.slice(0, 10)}`, { cause: error });
  });
  for (const one of [...people, editor]) one.leave();
  const seconds = MINUTES * 60;
  const now = held(server.pid);
  console.log(`${USERS} people for ${MINUTES} min: ${tally.count} answers (${(tally.count / seconds).toFixed(0)}/s), ${tally.refused} of 503, ${tally.wrong.length} wrong; ${listeners.length} listeners, ${version} edits; ${before.rss} MB before, at most ${now.peak} MB, ${now.threads} threads`);
  for (const [kind, times] of [...tally.times].sort()) console.log(`  ${kind}: ${times.length}, ${percentiles(times)}`);
  assert.deepEqual([...new Set(tally.wrong)].slice(0, 10), []);
  assert.ok(tally.refused < tally.count / 100, `${tally.refused} refused`);
  assert.ok(now.peak < before.rss + GROWS_MB, `${now.peak} MB`);
  assert.deepEqual(panics(log), []);
  await until('files are left open', () => held(server.pid).files <= before.files + 20);
}

test('a thousand people look at a city without accounts', async () => {
  const log = room.at('open.log');
  const server = await start(room.at('city.gpkg'), { log });
  try {
    await soak(server, log, 'open', () => ({}), {}, 32);
  } finally {
    await server.stop('SIGKILL');
  }
});

test('and at one with accounts, signed in', async () => {
  const city = room.at('city.gpkg');
  suitu('accounts', 'init', '--city', city);
  const log = room.at('accounts.log');
  const server = await start(city, { log });
  try {
    const post = async (path, body) => fetch(server.url + path, { method: 'POST', headers: { 'content-type': 'application/json', 'x-suitu': '1' }, body: JSON.stringify(body) });
    const signIn = async (name, role) => {
      const invitation = suitu('accounts', 'add', name, '--city', city, '--role', role).match(/invitation=(\w+)/)[1];
      const password = 'Three Rivers meet at 8';
      // One address may not try as often as a hundred people do.
      const patient = async (path, body) => {
        for (;;) {
          const answer = await post(path, body);
          if (answer.status !== 429) return answer;
          await pause(1000 * Number(answer.headers.get('retry-after')));
        }
      };
      assert.equal((await patient('/api/invitation', { invitation, password })).status, 200);
      const signed = await patient('/api/session', { name, password });
      assert.equal(signed.status, 200);
      return { cookie: signed.headers.get('set-cookie').split(';')[0] };
    };
    const sessions = [];
    for (let n = 0; n < Math.min(ACCOUNTS, USERS); n += 1) sessions.push(await signIn(`person${n}`, 'planner'));
    const steward = await signIn('steward1', 'steward');
    await soak(server, log, 'signed', (number) => sessions[number % sessions.length], steward);
    await server.stop();
    suitu('audit', 'verify', '--city', city);
  } finally {
    if (server.isRunning()) await server.stop('SIGKILL');
  }
});
