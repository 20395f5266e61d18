"""What the demo's price book asks, stated a second time, so that a charge and a bill meet on independent figures."""

from decimal import ROUND_UP, Decimal

MICRO = Decimal("0.000001")
"""The smallest amount of credits."""

CHAT_INPUT = Decimal("3")
CHAT_OUTPUT = Decimal("15")
"""Credits for a million tokens of mock-chat."""


def chat(input_tokens: int, output_tokens: int) -> Decimal:
    """The price of one call of mock-chat: components summed exactly, rounded up once."""
    exact = (CHAT_INPUT * input_tokens + CHAT_OUTPUT * output_tokens) / 1_000_000
    return exact.quantize(MICRO, rounding=ROUND_UP)
