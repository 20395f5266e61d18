"""An idempotency key through the SDKs: charged once, told as the SDK's own exception, and no request sent in vain."""

import threading
import uuid
from contextlib import contextmanager

import pytest

from wire import Wire


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def keyed(demo, dialect, wire, key):
    """A client whose calls bear the key, with the SDK's default retries."""
    return dialect.client(demo, demo.key("plain"), wire, default_headers={"Idempotency-Key": key})


def refusal(dialect, client, text, status, code, **call):
    """The machine block of a call that is refused."""
    with pytest.raises(dialect.sdk.APIStatusError) as caught:
        dialect.ask(client, text, **call)
    assert type(caught.value) is dialect.exceptions[status]
    block = dialect.machine_block(caught.value)
    assert block["code"] == code
    assert block["retryable"] is False
    return block


def test_a_second_call_is_told_what_became_of_the_first_after_one_request(demo, dialect, stream, key):
    first, second = Wire(), Wire()
    before = demo.bill().answered("mock-chat")
    dialect.ask(keyed(demo, dialect, first, key), "What is a credit?", stream=stream)
    block = refusal(
        dialect, keyed(demo, dialect, second, key), "What is a credit?", 409, "idempotency_finished", stream=stream
    )
    charged = demo.request("plain", first.last_request_id)["charged"]
    assert block["first"] == {"request_id": first.last_request_id, "status": 200, "charged": charged}
    assert second.sent == 1
    assert demo.bill().answered("mock-chat") == before + 1


def test_another_question_under_the_same_key_is_refused_after_one_request(demo, dialect, wire, stream, key):
    dialect.ask(keyed(demo, dialect, Wire(), key), "What is a credit?", stream=stream)
    client = keyed(demo, dialect, wire, key)
    refusal(dialect, client, "What is a limit?", 422, "idempotency_mismatch", stream=stream)
    assert wire.sent == 1


def test_a_call_that_comes_while_the_first_runs_is_repeated_until_that_has_ended(demo, dialect, wire, key):
    call = {"stream": True, "model": "mock-slow", "max_tokens": 20}
    with running(dialect, keyed(demo, dialect, Wire(), key), "Take your time.", **call):
        block = refusal(
            dialect, keyed(demo, dialect, wire, key), "Take your time.", 409, "idempotency_finished", **call
        )
    assert block["first"]["status"] == 200
    # The first try was told to come again later, and the next one that it need not.
    assert wire.statuses == [409, 409]
    assert [answer.get("retry-after") for answer in wire.headers] == ["5", None]


def test_the_sdks_own_retry_of_a_failed_call_runs(demo, dialect, wire, key):
    client = keyed(demo, dialect, wire, key)
    with pytest.raises(dialect.sdk.InternalServerError):
        dialect.ask(client, "What is a credit?", stream=False, model="mock-error-500")
    # Each was the provider's own no, and none was told of the one before.
    assert wire.statuses == [500, 500, 500]
    assert dialect.ask(client, "What is a credit?", stream=False).text


@contextmanager
def running(dialect, client, text, **call):
    """A stream that has begun; read to its end beside the test."""
    chunks = dialect.start(client, text, **call)
    next(chunks)
    rest = threading.Thread(target=lambda: list(chunks))
    rest.start()
    try:
        yield
    finally:
        rest.join()
