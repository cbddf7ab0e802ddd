// Servers and databases for the tests beside this file; all of them end with the test.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SUITU = process.env.SUITU;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until something holds. */
export async function until(what, holds, seconds = 40) {
  for (let tries = 0; !(await holds()); tries += 1) {
    assert.ok(tries < seconds * 10, what);
    await pause(100);
  }
}

/** A folder that is gone afterwards. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'suitu-'));
  chmodSync(path, 0o711);
  return { path, at: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function suitu(...args) {
  return execFileSync(SUITU, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

export function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Serves a city; answers once it is ready. */
export function serve(city, ...args) {
  return start(city, { args });
}

/** The same, with what it says in the file `log`, and started by the command `wrap`. */
export async function start(city, { args = [], log, wrap = [] } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const out = log === undefined ? 'ignore' : openSync(log, 'a');
  const [program, ...rest] = [...wrap, SUITU, 'serve', '--city', city, '--listen', `127.0.0.1:${port}`, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', out, out] });
  if (log !== undefined) closeSync(out);
  const ended = new Promise((done) => child.once('exit', done));
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${url}/health/ready`).catch(() => null);
    if (ready?.ok) break;
    if (tries > 1200 || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`no server for ${city}`);
    }
    await pause(100);
  }
  return {
    url,
    port,
    pid: child.pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    },
  };
}

/** Adds a school, as a data steward does; the status of the answer, 0 where there is none. */
export async function addSchool(url, id, headers = {}) {
  const response = await fetch(`${url}/api/layers/schools/features`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-suitu': '1', ...headers },
    body: JSON.stringify({ id, lon: 113.3, lat: 23.1, values: { name: id, kind: 'primary', seats_primary: 720 }, reason: 'test' }),
    signal: AbortSignal.timeout(20_000),
  }).catch(() => null);
  await response?.arrayBuffer().catch(() => null);
  return response?.status ?? 0;
}

/** Adds one school after another until told to stop; those that were acknowledged, and what was refused. */
export function keepAdding(url, prefix, headers = {}) {
  const acknowledged = [];
  const refused = [];
  let stopped = false;
  const done = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const id = `${prefix}${n}`;
      const status = await addSchool(url, id, headers);
      if (status === 201) acknowledged.push(id);
      else {
        refused.push(status);
        await pause(50);
      }
    }
  })();
  return {
    acknowledged,
    refused,
    stop: async () => {
      stopped = true;
      await done;
    },
  };
}

/** Asks a server again and again; whatever is no answer is kept. */
export function keepReading(url, { path = '/api/balance?level=district', headers = {} } = {}) {
  const wrong = [];
  let count = 0;
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      const status = await fetch(url + path, { headers, signal: AbortSignal.timeout(10_000) })
        .then(async (response) => (await response.arrayBuffer(), response.status))
        .catch((error) => String(error));
      if (status !== 200) wrong.push(status);
      count += 1;
      await pause(20);
    }
  })();
  return {
    wrong,
    stop: async () => {
      stopped = true;
      await done;
      return count;
    },
  };
}

const BIN = (() => {
  const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(a) - Number(b));
  return `/usr/lib/postgresql/${versions.at(-1)}/bin`;
})();

/** Runs a program of PostgreSQL, which refuses to be run by root. */
function postgres(program, ...args) {
  const own = [join(BIN, program), ...args];
  const [command, ...rest] = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--', ...own] : own;
  return execFileSync(command, rest, { cwd: '/', encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A database server in a folder that belongs to whoever may run it. */
export class Database {
  constructor(path, port) {
    this.path = path;
    this.port = port;
  }

  static prepare(path) {
    if (process.getuid() !== 0) return;
    const id = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    chownSync(path, id, id);
  }

  static async create(folder, name, settings = '') {
    const database = new Database(join(folder, name), await freePort());
    postgres('initdb', '-D', database.path, '-U', 'suitu', '-A', 'trust', '--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync');
    database.start(folder, settings);
    return database;
  }

  start(folder, settings = '') {
    const options = `-p ${this.port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off ${settings}`;
    postgres('pg_ctl', '-D', this.path, '-w', '-l', `${this.path}.log`, '-o', options, 'start');
  }

  /** Another server that follows this one. */
  async standby(folder, name) {
    const other = new Database(join(folder, name), await freePort());
    postgres('pg_basebackup', '-h', '127.0.0.1', '-p', String(this.port), '-U', 'suitu', '-D', other.path, '-R', '--checkpoint=fast', '--no-sync');
    other.start(folder);
    return other;
  }

  sql(text, database = 'city') {
    return postgres('psql', '-XAtq', '-h', '127.0.0.1', '-p', String(this.port), '-U', 'suitu', '-d', database, '-v', 'ON_ERROR_STOP=1', '-c', text).trim();
  }

  address(database = 'city') {
    return `postgresql://suitu@127.0.0.1:${this.port}/${database}`;
  }

  /** Ends it: `fast` rolls back what is under way, `immediate` is a crash. */
  stop(mode) {
    postgres('pg_ctl', '-D', this.path, '-w', '-m', mode, 'stop');
  }

  promote() {
    postgres('pg_ctl', '-D', this.path, '-w', 'promote');
  }

  /** Ends it at once, as a machine that fails. */
  kill() {
    try {
      this.stop('immediate');
    } catch {
      // It is gone already.
    }
  }
}
