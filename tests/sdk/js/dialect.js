// The two SDKs side by side, so that one rule is tested on both with the same words.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

/** Milliseconds for one call, or the SDKs would wait ten minutes for an answer that does not come. */
const TIMEOUT = 60_000;
const QUESTION = [{ role: 'user', content: 'What is a credit?' }];

export const openai = {
  name: 'openai',
  exceptions: {
    401: OpenAI.AuthenticationError,
    402: OpenAI.APIError, // no class of its own in this SDK
    403: OpenAI.PermissionDeniedError,
    409: OpenAI.ConflictError,
    422: OpenAI.UnprocessableEntityError,
  },
  client: (demo, key, wire, options) =>
    new OpenAI({ baseURL: `${demo.gateway}/openai/v1`, apiKey: key, fetch: wire.fetch, timeout: TIMEOUT, ...options }),
  /** The text of an answer, whole or streamed. */
  async ask(client, call) {
    const answer = await this.start(client, call);
    if (!call.stream) return answer.choices[0].message.content;
    let text = '';
    for await (const chunk of answer) text += chunk.choices[0].delta.content ?? '';
    return text;
  },
  /** The call itself: an answer, or a stream of which nothing has been read. */
  start: (client, { stream, model = 'mock-chat', max_tokens }) =>
    client.chat.completions.create({ model, messages: QUESTION, stream, max_tokens }),
  machineBlock: (error) => error.error,
};

export const anthropic = {
  name: 'anthropic',
  exceptions: {
    401: Anthropic.AuthenticationError,
    402: Anthropic.PaymentRequiredError,
    403: Anthropic.PermissionDeniedError,
    409: Anthropic.ConflictError,
    422: Anthropic.UnprocessableEntityError,
  },
  client: (demo, key, wire, options) =>
    new Anthropic({ baseURL: `${demo.gateway}/anthropic`, apiKey: key, fetch: wire.fetch, timeout: TIMEOUT, ...options }),
  /** The text of an answer, whole or streamed. */
  async ask(client, call) {
    const answer = await this.start(client, call);
    if (!call.stream) return answer.content[0].text;
    let text = '';
    for await (const event of answer) if (event.type === 'content_block_delta') text += event.delta.text;
    return text;
  },
  /** The call itself: an answer, or a stream of which nothing has been read. */
  start: (client, { stream, model = 'mock-chat', max_tokens = 64 }) =>
    client.messages.create({ model, messages: QUESTION, stream, max_tokens }),
  machineBlock: (error) => error.error.error,
};

export const dialects = [openai, anthropic];
