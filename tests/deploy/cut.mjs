// A line to a database that breaks when it is told to.
import { connect, createServer } from 'node:net';

/** `COMMIT` as a simple query of PostgreSQL: its letter, its length, the text. */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');

export class Cut {
  #armed = null;
  #lines = new Set();

  /** A line to a port of this machine; its own port is in `port`. */
  static async before(target) {
    const cut = new Cut();
    cut.server = createServer((near) => cut.#join(near, connect(target, '127.0.0.1')));
    await new Promise((done) => cut.server.listen(0, '127.0.0.1', done));
    cut.port = cut.server.address().port;
    return cut;
  }

  /** The next commit of who has sent `text` reaches the database and is made there; what it answers reaches nobody. */
  cutCommitAfter(text) {
    this.#armed = text;
  }

  #join(near, far) {
    let [isNext, isCut] = [false, false];
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
      this.#lines.add(socket);
    }
    near.on('data', (bytes) => {
      if (this.#armed !== null && bytes.includes(this.#armed)) [this.#armed, isNext] = [null, true];
      if (isNext && bytes.includes(COMMIT)) [isNext, isCut] = [false, true];
      far.write(bytes);
    });
    far.on('data', (bytes) => (isCut ? end() : near.write(bytes)));
  }

  async stop() {
    for (const line of this.#lines) line.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
