"""A budget is spent to its last credit and never past it, however many ask at once.

All of it on the key `fifty`, whose member owns exactly fifty calls of mock-flat and may burn nothing else.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from dialect import OpenAI
from wire import Wire

CALLERS = 200
FLAT = {"model": "mock-flat"}

openai = OpenAI()


@pytest.fixture(scope="module")
def flat_price(demo) -> Decimal:
    """What one call of mock-flat costs, as charged to another member."""
    wire = Wire()
    openai.ask(openai.client(demo, demo.key("plain"), wire), "How much?", stream=False, **FLAT)
    return Decimal(demo.request("plain", wire.last_request_id)["charged"])


def test_of_two_hundred_calls_at_once_exactly_fifty_are_served(demo, flat_price):
    assert demo.remaining("fifty") == 50 * flat_price
    billed = demo.bill().answered("mock-flat")

    assert concurrent_calls(demo) == {"served": 50, "credits_exhausted": 150}
    assert demo.remaining("fifty") == 0
    assert demo.bill().answered("mock-flat") == billed + 50

    demo.top_up("fifty", flat_price)
    assert demo.remaining("fifty") == flat_price
    assert concurrent_calls(demo) == {"served": 1, "credits_exhausted": CALLERS - 1}
    assert demo.remaining("fifty") == 0
    assert demo.bill().answered("mock-flat") == billed + 51


def test_who_calls_again_at_the_last_byte_is_never_told_that_credits_are_held(demo, dialect, stream):
    calls = 5
    call = {"text": "Again.", "stream": stream, "max_tokens": 4096}
    hold, cost = hold_and_cost(demo, dialect, call)
    assert cost < hold, "or nothing would be given back, and a late settlement would not show"
    # Just enough for the last of the calls to be held, when all before it have been settled.
    set_budget(demo, hold + (calls - 1) * cost)

    wire = Wire()
    client = dialect.client(demo, demo.key("fifty"), wire, max_retries=0)
    for _ in range(calls):
        dialect.ask(client, **call)
    assert wire.statuses == [200] * calls
    assert demo.remaining("fifty") == hold - cost
    with pytest.raises(dialect.exceptions[402]) as caught:
        dialect.ask(client, **call)
    assert dialect.machine_block(caught.value)["code"] == "request_exceeds_remaining"


def hold_and_cost(demo, dialect, call) -> tuple[Decimal, Decimal]:
    """What a call holds while it runs and what it costs in the end, as another member finds."""
    wire = Wire()
    dialect.ask(dialect.client(demo, demo.key("plain"), wire), **call)
    charged = demo.request("plain", wire.last_request_id)["charged"]
    return Decimal(wire.headers[-1]["x-credits-held"]), Decimal(charged)


def set_budget(demo, amount: Decimal) -> None:
    """Leaves the member of `fifty` with exactly `amount`."""
    client = openai.client(demo, demo.key("fifty"), Wire())
    while (left := demo.remaining("fifty")) > amount:
        openai.ask(client, "Spend.", stream=False, **FLAT)
    if left < amount:
        demo.top_up("fifty", amount - left)


def concurrent_calls(demo) -> dict[str, int]:
    """How `CALLERS` calls end that leave at the same moment, each with the SDK's default retries."""
    wire = Wire()
    client = openai.client(demo, demo.key("fifty"), wire)
    start = threading.Barrier(CALLERS)

    def call(_) -> str:
        start.wait()
        try:
            openai.ask(client, "Me!", stream=False, **FLAT)
        except openai.exceptions[402] as refused:
            return refused.code
        return "served"

    with ThreadPoolExecutor(CALLERS) as callers:
        endings = list(callers.map(call, range(CALLERS)))
    assert wire.sent == CALLERS
    return {ending: endings.count(ending) for ending in set(endings)}
