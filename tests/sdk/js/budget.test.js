// A budget is spent to its last credit and never past it, however many ask at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { useDemo } from './demo.js';
import { openai } from './dialect.js';
import { Wire } from './wire.js';

const demo = useDemo();

test('of two hundred calls at once on credits for fifty, exactly fifty are served', async () => {
  const wire = new Wire();
  const client = openai.client(demo, demo.key('fifty'), wire);
  const before = await demo.billed('mock-flat');
  const calls = Array.from({ length: 200 }, () =>
    openai.ask(client, { model: 'mock-flat', stream: false }).then(
      () => 'served',
      (refused) => refused.code ?? refused,
    ),
  );
  const endings = await Promise.all(calls);
  assert.equal(endings.filter((ending) => ending === 'served').length, 50);
  assert.equal(endings.filter((ending) => ending === 'credits_exhausted').length, 150);
  assert.equal(wire.sent, 200);
  assert.equal(await demo.remaining('fifty'), '0');
  assert.equal((await demo.billed('mock-flat')).answered, before.answered + 50);
});
