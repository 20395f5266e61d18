"""Everything the openai SDK can call through the gateway, with nothing changed but base URL and key."""

import urllib.request

import pytest

from dialect import OpenAI

MESSAGES = [{"role": "user", "content": "What is a credit?"}]


@pytest.fixture
def client(demo, wire):
    return OpenAI().client(demo, demo.key("plain"), wire)


def test_a_chat_answer_arrives_whole_with_its_usage(client, demo):
    answer = client.chat.completions.create(model="mock-chat", messages=MESSAGES)
    assert answer.choices[0].message.content
    line = demo.bill().line(answer.id)
    assert answer.usage.prompt_tokens == line["input_tokens"]
    assert answer.usage.completion_tokens == line["output_tokens"]


def test_a_chat_stream_without_include_usage_shows_no_chunk_with_empty_choices(client):
    chunks = list(client.chat.completions.create(model="mock-chat", messages=MESSAGES, stream=True))
    assert all(chunk.choices for chunk in chunks)
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_chat_stream_with_include_usage_ends_with_the_usage_chunk(client, demo):
    chunks = list(
        client.chat.completions.create(
            model="mock-chat", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    *text, usage = chunks
    assert all(chunk.choices for chunk in text)
    assert usage.choices == []
    line = demo.bill().line(usage.id)
    assert (usage.usage.prompt_tokens, usage.usage.completion_tokens) == (line["input_tokens"], line["output_tokens"])


def test_a_response_arrives_whole_with_its_usage(client, demo):
    answer = client.responses.create(model="mock-chat", input="What is a credit?")
    assert answer.output_text
    line = demo.bill().line(answer.id)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (line["input_tokens"], line["output_tokens"])


def test_a_response_stream_ends_completed_with_the_text_of_its_deltas(client):
    events = list(client.responses.create(model="mock-chat", input="What is a credit?", stream=True))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert events[-1].type == "response.completed"
    assert deltas
    assert events[-1].response.output_text == deltas


def test_embeddings_arrive_one_for_each_input(client, demo, wire):
    answer = client.embeddings.create(model="mock-embedding", input=["one", "two"])
    assert [item.index for item in answer.data] == [0, 1]
    assert all(item.embedding for item in answer.data)
    assert demo.request("plain", wire.last_request_id)["usage"]["input_tokens"] == answer.usage.prompt_tokens


def test_images_arrive_as_many_as_were_asked_for(client, demo):
    before = demo.bill().images("mock-image")
    answer = client.images.generate(model="mock-image", prompt="a ledger", n=2)
    assert len(answer.data) == 2
    assert demo.bill().images("mock-image") == before + 2


def test_the_list_of_models_is_free_and_names_mock_chat(client, demo):
    before = demo.remaining("plain")
    assert "mock-chat" in [model.id for model in client.models.list()]
    assert demo.remaining("plain") == before


def test_every_answer_says_what_is_held_and_what_remains(client, wire):
    client.chat.completions.create(model="mock-chat", messages=MESSAGES)
    assert {"x-request-id", "x-credits-held", "x-credits-remaining"} <= set(wire.headers[-1])


def test_a_stream_ends_with_a_comment_that_says_what_it_cost(demo):
    request = urllib.request.Request(
        f"{demo.gateway}/openai/v1/chat/completions",
        data=b'{"model":"mock-chat","stream":true,"messages":[{"role":"user","content":"What is a credit?"}]}',
        headers={"authorization": f"Bearer {demo.key('plain')}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        request_id = answer.headers["x-request-id"]
        comments = [line for line in answer.read().decode().splitlines() if line.startswith(":")]
    charged = demo.request("plain", request_id)["charged"]
    assert comments[-1].startswith(f": bursar charged={charged} remaining=")
