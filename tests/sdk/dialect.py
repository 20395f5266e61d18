"""The two SDKs side by side, so that one rule is tested on both with the same words."""

from dataclasses import dataclass

import anthropic
import openai

from demo import Demo
from wire import Wire


TIMEOUT = 60
"""Seconds for one call, or the SDKs would wait ten minutes for an answer that does not come."""


@dataclass
class Answer:
    """What a chat call brought, streamed or not."""

    id: str
    text: str


class OpenAI:
    """`openai`, chat completions."""

    sdk = openai
    # 402 has no class of its own in this SDK.
    exceptions = {
        401: openai.AuthenticationError,
        402: openai.APIStatusError,
        403: openai.PermissionDeniedError,
        409: openai.ConflictError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
    }
    error_types = {402: "insufficient_quota"}

    def client(self, demo: Demo, key: str, wire: Wire, *, chunked: bool = False, **options):
        return openai.OpenAI(
            base_url=f"{demo.gateway}/openai/v1",
            api_key=key,
            http_client=wire.client(openai, chunked=chunked),
            timeout=TIMEOUT,
            **options,
        )

    def ask(self, client, text: str, *, stream: bool, model: str = "mock-chat", max_tokens: int | None = None) -> Answer:
        answer = self.start(client, text, stream=stream, model=model, max_tokens=max_tokens)
        if not stream:
            return Answer(answer.id, answer.choices[0].message.content)
        chunks = list(answer)
        return Answer(chunks[0].id, "".join(chunk.choices[0].delta.content or "" for chunk in chunks))

    def start(self, client, text: str, *, stream: bool, model: str = "mock-chat", max_tokens: int | None = None):
        """The call itself: an answer, or a stream of which nothing has been read."""
        bound = {} if max_tokens is None else {"max_tokens": max_tokens}
        messages = [{"role": "user", "content": text}]
        return client.chat.completions.create(model=model, messages=messages, stream=stream, **bound)

    def machine_block(self, error: openai.APIStatusError) -> dict:
        return error.body


class Anthropic:
    """`anthropic`, messages."""

    sdk = anthropic
    # 402 got a class of its own in the newest major.
    exceptions = {
        401: anthropic.AuthenticationError,
        402: getattr(anthropic, "PaymentRequiredError", anthropic.APIStatusError),
        403: anthropic.PermissionDeniedError,
        409: anthropic.ConflictError,
        422: anthropic.UnprocessableEntityError,
        429: anthropic.RateLimitError,
    }
    error_types = {402: "billing_error"}

    SOME_TOKENS = 64
    """For calls that name no bound: this API demands one."""

    def client(self, demo: Demo, key: str, wire: Wire, *, chunked: bool = False, **options):
        return anthropic.Anthropic(
            base_url=f"{demo.gateway}/anthropic",
            api_key=key,
            http_client=wire.client(anthropic, chunked=chunked),
            timeout=TIMEOUT,
            **options,
        )

    def ask(self, client, text: str, *, stream: bool, model: str = "mock-chat", max_tokens: int | None = None) -> Answer:
        answer = self.start(client, text, stream=stream, model=model, max_tokens=max_tokens)
        if not stream:
            return Answer(answer.id, answer.content[0].text)
        events = list(answer)
        texts = (event.delta.text for event in events if event.type == "content_block_delta")
        return Answer(events[0].message.id, "".join(texts))

    def start(self, client, text: str, *, stream: bool, model: str = "mock-chat", max_tokens: int | None = None):
        """The call itself: an answer, or a stream of which nothing has been read."""
        messages = [{"role": "user", "content": text}]
        return client.messages.create(
            model=model, messages=messages, stream=stream, max_tokens=max_tokens or self.SOME_TOKENS
        )

    def machine_block(self, error: anthropic.APIStatusError) -> dict:
        return error.body["error"]


DIALECTS = [OpenAI(), Anthropic()]
