"""Everything the anthropic SDK can call through the gateway, with nothing changed but base URL and key."""

import pytest

from dialect import Anthropic

MESSAGES = [{"role": "user", "content": "What is a credit?"}]


@pytest.fixture
def client(demo, wire):
    return Anthropic().client(demo, demo.key("plain"), wire)


def test_a_message_arrives_whole_with_its_usage(client, demo):
    answer = client.messages.create(model="mock-chat", max_tokens=64, messages=MESSAGES)
    assert answer.content[0].text
    line = demo.bill().line(answer.id)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (line["input_tokens"], line["output_tokens"])


def test_a_message_stream_adds_up_to_the_final_message(client, demo):
    with client.messages.stream(model="mock-chat", max_tokens=64, messages=MESSAGES) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text
    assert final.content[0].text == text
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == demo.bill().line(final.id)["output_tokens"]


def test_counting_tokens_is_free(client, demo):
    before = demo.remaining("plain")
    assert client.messages.count_tokens(model="mock-chat", messages=MESSAGES).input_tokens > 0
    assert demo.remaining("plain") == before


def test_every_answer_says_what_is_held_and_what_remains(client, wire):
    client.messages.create(model="mock-chat", max_tokens=64, messages=MESSAGES)
    assert {"x-request-id", "x-credits-held", "x-credits-remaining"} <= set(wire.headers[-1])
