// An idempotency key through the SDKs: charged once, told as the SDK's own exception, and no request sent in vain.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { useDemo } from './demo.js';
import { dialects } from './dialect.js';
import { Wire } from './wire.js';

const demo = useDemo();

/** A client whose calls bear the key, with the SDK's default retries. */
function keyed(dialect, wire, key) {
  return dialect.client(demo, demo.key('plain'), wire, { defaultHeaders: { 'Idempotency-Key': key } });
}

/** The machine block of a call that is refused after so many requests. */
async function refused(dialect, key, call, status, code, requests = 1) {
  const wire = new Wire();
  const answer = await dialect.ask(keyed(dialect, wire, key), call).catch((error) => ({ error }));
  assert.ok(answer.error, 'the call was served');
  assert.equal(answer.error.constructor, dialect.exceptions[status]);
  const block = dialect.machineBlock(answer.error);
  assert.equal(block.code, code);
  assert.equal(block.retryable, false);
  assert.equal(wire.sent, requests);
  return block;
}

for (const dialect of dialects) {
  for (const stream of [false, true]) {
    const what = `${dialect.name} ${stream ? 'stream' : 'json'}`;

    test(`${what}: a second call is told what became of the first`, async () => {
      const key = randomUUID();
      const wire = new Wire();
      const before = await demo.billed('mock-chat');
      assert.ok(await dialect.ask(keyed(dialect, wire, key), { stream }));
      const { first } = await refused(dialect, key, { stream }, 409, 'idempotency_finished');
      const { charged } = await demo.request('plain', wire.lastRequestId);
      assert.deepEqual(first, { request_id: wire.lastRequestId, status: 200, charged });
      assert.equal((await demo.billed('mock-chat')).answered, before.answered + 1);
    });

    test(`${what}: another call under the same key is refused`, async () => {
      const key = randomUUID();
      assert.ok(await dialect.ask(keyed(dialect, new Wire(), key), { stream }));
      await refused(dialect, key, { stream, model: 'mock-flat' }, 422, 'idempotency_mismatch');
    });
  }

  test(`${dialect.name}: a call that comes while the first runs is repeated until that has ended`, async () => {
    const key = randomUUID();
    const call = { stream: true, model: 'mock-slow', max_tokens: 20 };
    const running = await dialect.start(keyed(dialect, new Wire(), key), call);
    const read = (async () => {
      for await (const _ of running);
    })();
    // The first try is told to come again later, and the next one that it need not.
    await refused(dialect, key, call, 409, 'idempotency_finished', 2);
    await read;
  });

  test(`${dialect.name}: the SDK's own retry of a failed call runs`, async () => {
    const wire = new Wire();
    const client = keyed(dialect, wire, randomUUID());
    await assert.rejects(dialect.ask(client, { stream: false, model: 'mock-error-500' }));
    // Each was the provider's own no, and none was told of the one before.
    assert.deepEqual(wire.answers.map((answer) => answer.status), [500, 500, 500]);
    assert.ok(await dialect.ask(client, { stream: false }));
  });
}
