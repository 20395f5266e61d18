// A running `bursar demo`, and what can be asked of it beside the SDKs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const BINARY =
  process.env.BURSAR_BIN ?? fileURLToPath(new URL('../../../target/debug/bursar', import.meta.url));

/** One demo process on free loopback ports. */
class Demo {
  async start() {
    const listeners = ['gateway', 'admin', 'operations', 'provider'];
    const free = listeners.flatMap((name) => [`--${name}`, '127.0.0.1:0']);
    this.process = spawn(BINARY, ['demo', '--json', ...free], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    this.process.stderr.on('data', (text) => (this.log += text));
    const lines = createInterface({ input: this.process.stdout });
    const ended = once(lines, 'close').then(() => Promise.reject(new Error(`the demo said nothing; its log:\n${this.log}`)));
    const [line] = await Promise.race([once(lines, 'line'), ended]);
    ended.catch(() => {}); // It closes in the end, too.
    Object.assign(this, JSON.parse(line));
    return this;
  }

  /** Ends it as Ctrl-C does, and insists on a clean end. */
  async stop() {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGINT');
    const [code] = await exited;
    assert.equal(code, 0, this.log);
  }

  /** The secret of the seeded key of this name. */
  key(name) {
    return this.keys.find((key) => key.name === name).key;
  }

  /** What the holder of this key could still spend, as a decimal string. */
  async remaining(name) {
    return (await this.#get(`${this.gateway}/bursar/v1/balance`, this.key(name))).remaining;
  }

  /** What became of one request, as its own caller is told. */
  request(name, id) {
    return this.#get(`${this.gateway}/bursar/v1/requests/${id}`, this.key(name));
  }

  /** The provider's totals for a model. */
  async billed(model) {
    const { models } = await this.#get(`${this.provider}/bill`);
    return models[model] ?? { answered: 0, input_tokens: 0, output_tokens: 0 };
  }

  async #get(url, token) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await fetch(url, { headers });
    assert.equal(answer.status, 200, url);
    return answer.json();
  }
}

/** A demo for the tests of one file. */
export function useDemo() {
  const demo = new Demo();
  before(() => demo.start(), { timeout: 60_000 });
  after(() => demo.stop(), { timeout: 15_000 });
  return demo;
}
