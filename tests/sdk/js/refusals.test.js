// How a refusal reaches a program: the SDK's own exception, after one request, with figures in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { useDemo } from './demo.js';
import { dialects } from './dialect.js';
import { Wire } from './wire.js';

const demo = useDemo();

const cases = [
  { what: 'a wrong key', key: () => 'not-a-key', status: 401, code: 'invalid_credential' },
  { what: 'removed access', key: () => demo.key('removed'), status: 403, code: 'access_removed' },
  { what: 'a blocked key', key: () => demo.key('blocked'), status: 403, code: 'key_blocked' },
  { what: 'an empty balance', key: () => demo.key('empty'), status: 402, code: 'credits_exhausted' },
  { what: 'a limit that is used up', key: () => demo.key('capped'), status: 402, code: 'limit_reached' },
];

for (const dialect of dialects) {
  for (const stream of [false, true]) {
    for (const { what, key, status, code } of cases) {
      test(`${dialect.name} ${stream ? 'stream' : 'json'}: ${what} is a ${status} after one request`, async () => {
        const wire = new Wire();
        const error = await refusal(dialect.ask(dialect.client(demo, key(), wire), { stream }));
        assert.equal(error.constructor, dialect.exceptions[status]);
        assert.equal(error.status, status);
        assert.equal(error.requestID, wire.lastRequestId);
        const block = dialect.machineBlock(error);
        assert.equal(block.code, code);
        assert.equal(block.retryable, false);
        assert.equal(wire.sent, 1);
      });
    }
  }
}

/** What a call was refused with. */
async function refusal(call) {
  const answer = await call.catch((error) => ({ error }));
  assert.ok(answer.error, 'the call was served');
  return answer.error;
}
