// Calls through the gateway with nothing changed but base URL and key: the same text, and a charge for what was used.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { useDemo } from './demo.js';
import { dialects, openai } from './dialect.js';
import { Wire } from './wire.js';

const demo = useDemo();

for (const dialect of dialects) {
  for (const stream of [false, true]) {
    test(`${dialect.name} ${stream ? 'stream' : 'json'}: what is charged is what the provider bills`, async () => {
      const wire = new Wire();
      const before = await demo.billed('mock-chat');
      assert.ok(await dialect.ask(dialect.client(demo, demo.key('plain'), wire), { stream }));
      const after = await demo.billed('mock-chat');

      const request = await demo.request('plain', wire.lastRequestId);
      assert.equal(request.state, 'settled');
      assert.equal(request.estimated, false);
      assert.equal(after.answered, before.answered + 1);
      assert.equal(request.usage.input_tokens, after.input_tokens - before.input_tokens);
      assert.equal(request.usage.output_tokens, after.output_tokens - before.output_tokens);
      assert.notEqual(request.charged, '0');
      assert.equal(wire.sent, 1);
    });
  }
}

test('openai: a response stream ends completed', async () => {
  const client = openai.client(demo, demo.key('plain'), new Wire());
  const stream = await client.responses.create({ model: 'mock-chat', input: 'What is a credit?', stream: true });
  let last;
  for await (const event of stream) last = event;
  assert.equal(last.type, 'response.completed');
});
