"""A megabyte of prompt: too large to be read before the gateway answers, priced and refused like any other."""

from decimal import Decimal

import pytest

import prices

MEGABYTE = "a credit is a credit " * 50_000


@pytest.fixture(params=[False, True], ids=["content-length", "chunked"])
def chunked(request) -> bool:
    return request.param


def test_the_charge_of_a_large_body_is_what_the_provider_bills(demo, dialect, wire, stream, chunked):
    assert len(MEGABYTE) > 1_000_000
    client = dialect.client(demo, demo.key("plain"), wire, chunked=chunked)
    before = demo.remaining("plain")
    answer = dialect.ask(client, MEGABYTE, stream=stream)
    assert wire.sent == 1

    line = demo.bill().line(answer.id)
    request = demo.request("plain", wire.last_request_id)
    assert request["state"] == "settled"
    assert request["estimated"] is False
    used = {unit: request["usage"][unit] for unit in ("input_tokens", "output_tokens")}
    assert used == {unit: line[unit] for unit in used}
    charged = Decimal(request["charged"])
    assert charged == prices.chat(line["input_tokens"], line["output_tokens"])
    assert before - demo.remaining("plain") == charged


def test_a_large_body_on_an_empty_key_is_one_request_and_one_readable_402(demo, dialect, wire, stream, chunked):
    client = dialect.client(demo, demo.key("empty"), wire, chunked=chunked)
    with pytest.raises(dialect.exceptions[402]) as caught:
        dialect.ask(client, MEGABYTE, stream=stream)
    assert dialect.machine_block(caught.value)["code"] == "credits_exhausted"
    assert wire.statuses == [402]
    assert wire.sent == 1
