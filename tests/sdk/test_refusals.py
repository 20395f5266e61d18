"""How a refusal reaches a program: the SDK's own exception, after one request, with figures in it."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from dialect import DIALECTS
from wire import Wire

AMOUNT = re.compile(r"\d+(\.\d{1,6})?")


def refusal(demo, dialect, wire, key, *, stream, **call):
    """The exception of one call with the SDK's default retries."""
    with pytest.raises(dialect.sdk.APIStatusError) as caught:
        dialect.ask(dialect.client(demo, key, wire), "What is a credit?", stream=stream, **call)
    return caught.value


def expect(dialect, error, status, code):
    """The exact class, the code, and the facts that every refusal carries; returns them."""
    assert type(error) is dialect.exceptions[status]
    assert error.status_code == status
    block = dialect.machine_block(error)
    assert block["code"] == code
    assert block["request_id"] == error.response.headers["x-request-id"]
    return block


@pytest.mark.parametrize("wrong", ["not-a-key", "bursar_u_" + "0" * 36])
def test_a_wrong_key_is_a_401_after_one_request(demo, dialect, wire, stream, wrong):
    error = refusal(demo, dialect, wire, wrong, stream=stream)
    block = expect(dialect, error, 401, "invalid_credential")
    assert block["retryable"] is False
    assert wire.sent == 1


@pytest.mark.parametrize("name, code", [("removed", "access_removed"), ("blocked", "key_blocked")])
def test_a_closed_door_is_a_403_after_one_request(demo, dialect, wire, stream, name, code):
    error = refusal(demo, dialect, wire, demo.key(name), stream=stream)
    block = expect(dialect, error, 403, code)
    assert block["retryable"] is False
    assert block["ask"]
    assert wire.sent == 1


@pytest.mark.parametrize("name, code", [("empty", "credits_exhausted"), ("capped", "limit_reached")])
def test_nothing_left_is_a_402_after_one_request(demo, dialect, wire, stream, name, code):
    error = refusal(demo, dialect, wire, demo.key(name), stream=stream)
    block = expect(dialect, error, 402, code)
    assert block["retryable"] is False
    assert wire.sent == 1
    assert error.response.headers["x-should-retry"] == "false"
    assert "retry-after" not in error.response.headers
    assert block["type"] == dialect.error_types[402]


@pytest.mark.parametrize("name", ["empty", "capped"])
def test_a_402_says_what_was_needed_and_what_is_left(demo, dialect, wire, name):
    error = refusal(demo, dialect, wire, demo.key(name), stream=False)
    block = dialect.machine_block(error)
    for figure in ("required", "remaining", "spent", "held"):
        assert isinstance(block[figure], str) and AMOUNT.fullmatch(block[figure]), figure
    assert float(block["remaining"]) < float(block["required"])
    assert {"scope", "limit", "resets_at", "ask"} <= set(block)


def test_a_402_leaves_no_trace_on_the_providers_bill(demo, dialect, wire):
    before = demo.bill().answered("mock-chat")
    refusal(demo, dialect, wire, demo.key("empty"), stream=False)
    assert demo.bill().answered("mock-chat") == before


def test_the_openai_sdk_shows_the_code_on_the_exception_itself(demo, wire):
    openai = DIALECTS[0]
    assert refusal(demo, openai, wire, demo.key("empty"), stream=False).code == "credits_exhausted"


HELD_TOKENS = 4096
"""The bound of each call on `held`, whose credits suffice for one such call of mock-slow, not for two."""


def test_credits_held_by_a_running_call_are_a_429_that_may_be_repeated(demo):
    cases = [(dialect, stream, unrepeated(demo, dialect)) for dialect in DIALECTS for stream in (False, True)]
    with running_call(demo, DIALECTS[0]), ThreadPoolExecutor(len(cases)) as pool:
        # All at once: each waits as long as the gateway lets it for the running one to end.
        errors = list(pool.map(lambda case: held_refusal(*case), cases))
    for (dialect, _, _), error in zip(cases, errors):
        block = expect(dialect, error, 429, "credits_held")
        assert block["retryable"] is True
        assert 1 <= int(error.response.headers["retry-after"]) <= 5
        assert error.response.headers.get("x-should-retry") != "false"


def unrepeated(demo, dialect):
    """A client on `held` that takes the first answer for the answer: by the second try the call may have ended."""
    return dialect.client(demo, demo.key("held"), Wire(), max_retries=0)


@contextmanager
def running_call(demo, dialect):
    """A slow stream that has begun, and so holds its credits; read to its end on the way out."""
    chunks = dialect.start(
        unrepeated(demo, dialect), "Take your time.", stream=True, model="mock-slow", max_tokens=HELD_TOKENS
    )
    next(chunks)
    # Read on beside the test, or the stream would stall and never end.
    rest = threading.Thread(target=lambda: list(chunks))
    rest.start()
    try:
        yield
    finally:
        rest.join()


def held_refusal(dialect, stream, client):
    with pytest.raises(dialect.sdk.APIStatusError) as caught:
        dialect.ask(client, "And me?", stream=stream, model="mock-slow", max_tokens=HELD_TOKENS)
    return caught.value
