// Clients that are slow, silent, greedy or gone, beside one who just looks at the map.
//
// Fails: that one is refused or finds the server gone; a connection whose head never ends, or that says
// nothing, is held for ever; open files, listeners, computations or jobs are left when all are gone; memory
// grows without bound; a body that is too large, or cut, is anything but refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import net from 'node:net';
import { folder, pause, start, suitu, until } from '../deploy/server.mjs';
import { held, metric, panics, percentiles } from './watch.mjs';

/** Silent connections: some thousands, as many as this process may open. */
const SILENT = Number(process.env.SOAK_SILENT ?? 3000);

let room, server, log;
before(async () => {
  room = folder();
  suitu('demo', '--city', room.at('city.gpkg'), '--residences', '5000');
  log = room.at('log');
  server = await start(room.at('city.gpkg'), { log });
});
after(async () => {
  await server?.stop('SIGKILL');
  room?.remove();
});

/** A connection that sends `text`; `{ socket, text(), isClosed() }`. */
function connect(text = '') {
  const socket = net.connect(server.port, '127.0.0.1');
  const parts = [];
  let closed = false;
  socket.on('data', (part) => parts.length < 16 && parts.push(part));
  socket.on('error', () => {});
  socket.on('close', () => (closed = true));
  socket.write(text);
  return { socket, text: () => Buffer.concat(parts).toString('latin1'), isClosed: () => closed };
}

/** Somebody who looks at the map until told to stop, or the test ends; everything but answers is kept. */
function looks(test) {
  const paths = ['/tiles/residences/12/3337/1777', '/api/balance?level=district', '/api/city', '/health/ready', '/api/search?q=thq', '/tiles/residences/14/13350/7111'];
  const wrong = [];
  const times = [];
  let stopped = false;
  test.after(() => (stopped = true));
  const done = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const begun = performance.now();
      const answer = await fetch(server.url + paths[n % paths.length], { signal: AbortSignal.timeout(20_000) })
        .then(async (response) => (await response.arrayBuffer(), response.status))
        .catch((error) => String(error));
      times.push(performance.now() - begun);
      if (answer !== 200 && answer !== 204) wrong.push([paths[n % paths.length], answer]);
      await pause(50);
    }
  })();
  return async () => {
    stopped = true;
    await done;
    assert.deepEqual(wrong, []);
    return `${times.length} answers meanwhile, ${percentiles(times)}`;
  };
}

const HEAD = 'GET /health/live HTTP/1.1\r\nhost: localhost\r\n';
const post = (path, length) => `POST ${path} HTTP/1.1\r\nhost: localhost\r\nx-suitu: 1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const TIMES = JSON.stringify({ origins: { layer: 'schools' }, destinations: { layer: 'stations' }, mode: 'walk', max_min: 120 });

/** Whatever was begun has ended, and the files of those who are gone are closed. */
async function settled(files) {
  await until('computations run on', async () => (await metric(server.url, 'suitu_computations_running')) === 0);
  assert.equal(await metric(server.url, 'suitu_jobs_running'), 0);
  assert.equal(await metric(server.url, 'suitu_listeners'), 0);
  await until(`${held(server.pid).files} files are open, ${files} were`, () => held(server.pid).files <= files + 12);
  assert.deepEqual(panics(log), []);
}

test('thousands of silent and slow connections take nothing from others and are hung up on', async (t) => {
  const before = held(server.pid);
  const told = looks(t);
  const silent = [];
  // Not all in one moment: what overflows the queue at the door is not heard of by a server, nor by who says nothing.
  while (silent.length < SILENT) {
    silent.push(...Array.from({ length: 200 }, () => connect()));
    await pause(100);
  }
  const endless = Array.from({ length: 200 }, () => connect(HEAD));
  const bodies = Array.from({ length: 50 }, () => connect(post('/api/statistics', 5000)));
  const readers = Array.from({ length: 40 }, () => connect(post('/api/travel_times?format=csv', TIMES.length) + TIMES));
  // A byte a second, both ways.
  const drip = setInterval(() => {
    for (const { socket } of [...endless, ...bodies]) if (socket.writable) socket.write('a');
    for (const { socket } of readers) {
      socket.pause();
      socket.read(1);
    }
  }, 1000);
  for (const { socket } of readers) socket.pause();
  try {
    await pause(5000);
    await until('not all of them are held', () => held(server.pid).files > SILENT);
    const during = held(server.pid);
    // Streams are answered for others although all those readers are slow.
    let bytes = 0;
    await until('no stream is answered beside slow readers', async () => {
      const quick = await fetch(`${server.url}/api/travel_times?format=csv`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: TIMES });
      bytes = (await quick.arrayBuffer()).byteLength;
      return quick.ok;
    });
    await until('silent connections are held', () => silent.every((one) => one.isClosed()), 120);
    await until('heads that never end are held', () => endless.every((one) => one.isClosed()), 60);
    await until('bodies that never end are held', () => bodies.every((one) => one.isClosed() || one.text() !== ''), 60);
    for (const one of bodies) assert.match(one.text(), /^HTTP\/1.1 (503|408)[^]*problem\+json/);
    console.log(`${SILENT} silent, 200 endless heads, 50 endless bodies, 40 readers who take nothing of ${bytes} bytes: ${await told()}; ${before.rss} MB before, ${during.rss} MB with all, at most ${held(server.pid).peak} MB`);
  } finally {
    clearInterval(drip);
    for (const one of [...silent, ...endless, ...bodies, ...readers]) one.socket.destroy();
  }
  await settled(before.files);
});

test('what is abandoned is stopped', async (t) => {
  const before = held(server.pid);
  const told = looks(t);
  const ask = async (path, body, after) => {
    const leave = new AbortController();
    setTimeout(() => leave.abort(), after);
    await fetch(server.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: leave.signal }).catch(() => {});
  };
  const access = (n) => ({ to: { layer: 'schools', capacity: 'seats_primary' }, measure: 'e2sfca', mode: 'walk', cutoff: 1000 + n, decay: { kind: 'gaussian', sigma: 500 } });
  for (let round = 0; round < 10; round += 1) {
    const some = Array.from({ length: 40 }, (_, n) => [
      ask('/api/access', access(round * 40 + n), 20 + 17 * n),
      ask('/api/travel_times?format=csv', JSON.parse(TIMES), 30 + 11 * n),
      ask('/api/catchments', { origins: [{ layer: 'stations' }], cutoffs: [500 + n], mode: 'walk', geometry: true }, 25 + 13 * n),
    ]);
    await Promise.all(some.flat());
  }
  const text = await told();
  await settled(before.files);
  console.log(`1,200 questions abandoned: ${text}; ${before.rss} MB before, ${held(server.pid).rss} MB after`);
});

test('huge heads and bodies are refused, many large ones do not fill the memory', async (t) => {
  const before = held(server.pid);
  const told = looks(t);
  const long = connect(`${HEAD}x-long: ${'a'.repeat(1 << 20)}\r\n\r\n`);
  const many = connect(`${HEAD}${Array.from({ length: 5000 }, (_, n) => `x-${n}: 1\r\n`).join('')}\r\n`);
  const path = connect(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  for (const one of [long, many, path]) {
    await until('a huge head is held', () => one.isClosed());
    assert.match(one.text(), /^(HTTP\/1.1 4(31|14|00)|$)/);
  }
  const huge = connect(post('/api/statistics', 1 << 30) + '{'.repeat(100_000));
  await until('a huge body is not refused', () => huge.text().includes('problem+json'));
  assert.match(huge.text(), /^HTTP\/1.1 413/);
  huge.socket.destroy();
  // Lied about, or cut: never an answer.
  const chunked = connect('POST /api/statistics HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nffffffffff\r\n{');
  const cut = connect(post('/api/statistics', 50) + '{"area": "440106"');
  cut.socket.end();
  await pause(300);
  assert.doesNotMatch(cut.text(), /^HTTP\/1.1 (2|500)/);
  chunked.socket.destroy();
  // Two hundred bodies of nearly eight megabytes, each without its last byte, 1.6 GB together.
  const body = ' '.repeat(8_000_000);
  const large = Array.from({ length: 200 }, () => connect(post('/api/statistics', body.length + 1) + body));
  await pause(8000);
  const during = held(server.pid);
  const text = await told();
  await pause(5000);
  const refused = large.filter((one) => /^HTTP\/1.1 503/.test(one.text())).length;
  for (const one of large) one.socket.destroy();
  console.log(`200 bodies of 8 MB at once: ${refused} refused, ${before.rss} MB before, ${during.rss} MB with all, at most ${held(server.pid).peak} MB: ${text}`);
  assert.ok(during.rss < before.rss + 400, `${during.rss} MB`);
  await settled(before.files);
});
