// The given nginx in front: TLS, the name of the server, cookies, what others edit as it happens.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder, freePort, serve, suitu, until } from './server.mjs';

const NAME = 'suitu.example.gov.cn';
const PASSWORD = 'Lychee-Bay-2026';
const GIVEN = fileURLToPath(new URL('../../deploy/nginx.conf', import.meta.url));
let room, server, nginx, http, https, certificate;

before(async () => {
  room = folder();
  const city = room.at('city.gpkg');
  suitu('demo', '--city', city, '--residences', '2000');
  suitu('accounts', 'init', '--city', city);
  server = await serve(city, '--host', NAME, '--proxy', '127.0.0.1');
  [http, https] = [await freePort(), await freePort()];
  const files = { '/etc/ssl/suitu/fullchain.pem': room.at('chain.pem'), '/etc/ssl/suitu/key.pem': room.at('key.pem') };
  const [chain, key] = Object.values(files);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`,
    '-addext', `subjectAltName=DNS:${NAME}`, '-out', chain, '-keyout', key], { stdio: 'ignore' });
  certificate = readFileSync(chain);
  // Only ports and places differ from what is given.
  const places = { 'listen 80;': `listen 127.0.0.1:${http};`, 'listen 443 ': `listen 127.0.0.1:${https} `, '127.0.0.1:8080': new URL(server.url).host, ...files };
  let sites = readFileSync(GIVEN, 'utf8');
  for (const [from, to] of Object.entries(places)) {
    assert.ok(sites.includes(from), from);
    sites = sites.replaceAll(from, to);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${room.at(name)};`).join('\n');
  writeFileSync(room.at('sites.conf'), sites);
  writeFileSync(room.at('nginx.conf'), `daemon off; pid ${room.at('nginx.pid')}; error_log ${room.at('error.log')};
    events {}
    http { ${temporary} include ${room.at('sites.conf')}; }`);
  nginx = spawn('nginx', ['-e', room.at('error.log'), '-c', room.at('nginx.conf')], { stdio: 'ignore' });
  await until('nginx does not answer', () => ask('/health/ready').then((answer) => answer.status === 200, () => false));
});
after(async () => {
  nginx?.kill();
  await server?.stop();
  room?.remove();
});

/** The beginning of an answer through nginx, by the name of the server. */
function open(path, { method = 'GET', headers = {}, body, port = https, host = NAME } = {}) {
  const ask = port === https ? secure : plain;
  const asking = ask({ host: '127.0.0.1', port, path, method, servername: NAME, ca: certificate,
    headers: { host, ...(body && { 'content-type': 'application/json' }), ...headers } });
  asking.end(body && JSON.stringify(body));
  return once(asking, 'response').then(([answer]) => answer);
}

async function ask(path, options) {
  const answer = await open(path, options);
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  return { status: answer.statusCode, headers: answer.headers, text };
}

/** A new account, signed in by its invitation; the headers by which it asks. */
async function person(name, role) {
  const told = suitu('accounts', 'add', name, '--city', room.at('city.gpkg'), '--role', role);
  const [, invitation] = told.match(/#invitation=([0-9a-f]+)/);
  const accepted = await ask('/api/invitation', { method: 'POST', headers: { 'x-suitu': '1', origin: `https://${NAME}` }, body: { invitation, password: PASSWORD } });
  assert.equal(accepted.status, 200, accepted.text);
  const [cookie] = accepted.headers['set-cookie'];
  assert.match(cookie, /^__Host-[^;]+;.*Secure/);
  assert.match(cookie, /HttpOnly/);
  return { cookie: cookie.split(';')[0], 'x-suitu': '1', origin: `https://${NAME}` };
}

test('what is asked without TLS is sent to TLS', async () => {
  const answer = await ask('/api/city?x=1', { port: http });
  assert.equal(answer.status, 308);
  assert.equal(answer.headers.location, `https://${NAME}/api/city?x=1`);
});

test('the map comes with the headers that keep it safe, and nothing else does without signing in', async () => {
  const map = await ask('/');
  assert.equal(map.status, 200);
  assert.match(map.headers['strict-transport-security'], /max-age=\d{8}/);
  assert.match(map.headers['content-security-policy'], /default-src 'self'|default-src 'none'/);
  assert.equal(map.headers['x-content-type-options'], 'nosniff');
  assert.equal((await ask('/api/city')).status, 401);
});

test('another name than its own is refused, whatever the client says of itself', async () => {
  const answer = await ask('/api/session', { headers: { 'x-forwarded-host': NAME, 'x-forwarded-for': '10.1.1.1' }, host: 'other.example' });
  assert.equal(answer.status, 403);
  assert.match(answer.text, /does not go by that name/);
});

test('an edit reaches the listeners of others through the proxy, and wrong origins change nothing', async () => {
  const steward = await person('heming', 'steward');
  const viewer = await person('zhao', 'planner');
  const listening = await open('/api/events', { headers: viewer });
  assert.equal(listening.statusCode, 200);
  let heard = '';
  listening.setEncoding('utf8').on('data', (part) => (heard += part));
  await until('the version of now is not told', () => heard.includes('data:'), 10);
  const school = { id: 'p1', lon: 113.3, lat: 23.1, values: { name: '新学校', kind: 'primary', seats_primary: 720 }, reason: 'test' };
  const foreign = await ask('/api/layers/schools/features', { method: 'POST', headers: { ...steward, origin: 'https://other.example' }, body: school });
  assert.equal(foreign.status, 403, foreign.text);
  const before = heard.split('data:').length;
  const added = await ask('/api/layers/schools/features', { method: 'POST', headers: steward, body: school });
  assert.equal(added.status, 201, added.text);
  await until('the edit is not told', () => heard.split('data:').length > before, 10);
  listening.destroy();
  const refused = await ask('/api/layers/schools/features', { method: 'POST', headers: viewer, body: { ...school, id: 'p2' } });
  assert.equal(refused.status, 403);
});

test('the record holds the address of the client that nginx saw', async () => {
  const lines = suitu('audit', 'list', '--city', room.at('city.gpkg'));
  assert.match(lines, /heming/);
  assert.match(lines, /127\.0\.0\.1/);
});
