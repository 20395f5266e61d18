//! Chat completions.

use serde_json::{Value, json};

use crate::support::{Event, Fixture};

const PATH: &str = "/v1/chat/completions";

/// Eight bytes of text in one message: 2 + 3 input tokens.
fn request() -> Value {
    json!({ "model": "mock-chat", "messages": [{ "role": "user", "content": "tell me!" }] })
}

fn with(fields: Value) -> Value {
    let mut request = request();
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    request
}

/// What a choice says over all chunks.
fn said(events: &[Event], choice: u64) -> String {
    let chunks = events.iter().filter(|event| event.data != "[DONE]").map(Event::json);
    let choices = chunks.flat_map(|chunk| chunk["choices"].as_array().unwrap().clone());
    choices
        .filter(|delta| delta["index"] == choice)
        .filter_map(|delta| delta["delta"]["content"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn an_answer_has_the_shape_of_openai() {
    let fixture = Fixture::start().await;
    let response = fixture.send(PATH, &request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(response.headers()["x-ratelimit-limit-requests"], "10000");
    let body: Value = response.json().await.unwrap();
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(body["object"], "chat.completion");
    assert!(body["created"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(body["model"], "mock-chat");
    assert!(body["system_fingerprint"].as_str().unwrap().starts_with("fp_"));
    let choice = &body["choices"][0];
    assert_eq!(choice["index"], 0);
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["message"]["refusal"], Value::Null);
    let text = choice["message"]["content"].as_str().unwrap();
    assert_eq!(text.split_inclusive(' ').count(), 40);
    assert_eq!(
        body["usage"],
        json!({
            "prompt_tokens": 5, "completion_tokens": 40, "total_tokens": 45,
            "prompt_tokens_details":
                { "cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0 },
            "completion_tokens_details": {
                "reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            },
        })
    );
}

#[tokio::test]
async fn a_bound_cuts_the_answer_and_says_so() {
    let fixture = Fixture::start().await;
    for field in ["max_tokens", "max_completion_tokens"] {
        let body = fixture.json(PATH, &with(json!({ field: 7 }))).await;
        assert_eq!(body["usage"]["completion_tokens"], 7);
        assert_eq!(body["choices"][0]["finish_reason"], "length");
        let body = fixture.json(PATH, &with(json!({ field: 40 }))).await;
        assert_eq!(body["choices"][0]["finish_reason"], "stop");
    }
}

#[tokio::test]
async fn each_choice_is_an_answer_of_its_own() {
    let fixture = Fixture::start().await;
    let body = fixture.json(PATH, &with(json!({ "n": 3, "max_tokens": 10 }))).await;
    assert_eq!(body["choices"].as_array().unwrap().len(), 3);
    assert_eq!(body["choices"][2]["index"], 2);
    assert_eq!(body["usage"]["completion_tokens"], 30);

    let stream = with(json!({ "n": 3, "max_tokens": 10, "stream": true }));
    let events = fixture.events(PATH, &stream).await;
    let whole = body["choices"][0]["message"]["content"].as_str().unwrap();
    for choice in 0..3 {
        assert_eq!(said(&events, choice), whole);
    }
    assert_eq!(fixture.provider.bill().models["mock-chat"].output_tokens, 60);
}

#[tokio::test]
async fn a_stream_says_the_same_as_the_json() {
    let fixture = Fixture::start().await;
    let body = fixture.json(PATH, &request()).await;
    let events = fixture.events(PATH, &with(json!({ "stream": true }))).await;
    // The role, 40 words, the finish reason, [DONE].
    assert_eq!(events.len(), 43);
    assert_eq!(said(&events, 0), body["choices"][0]["message"]["content"].as_str().unwrap());
    let first = events[0].json();
    assert_eq!(first["object"], "chat.completion.chunk");
    assert_eq!(
        first["choices"][0]["delta"],
        json!({ "role": "assistant", "content": "", "refusal": null })
    );
    let last = events[41].json();
    assert_eq!(last["choices"][0]["delta"], json!({}));
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[42].data, "[DONE]");
}

#[tokio::test]
async fn a_stream_tells_its_usage_only_when_asked() {
    let fixture = Fixture::start().await;
    let events = fixture.events(PATH, &with(json!({ "stream": true }))).await;
    assert!(events.iter().all(|event| !event.data.contains("usage")));

    let asked = with(json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let events = fixture.events(PATH, &asked).await;
    let (done, chunks) = events.split_last().unwrap();
    let (usage, others) = chunks.split_last().unwrap();
    assert_eq!(done.data, "[DONE]");
    assert_eq!(usage.json()["choices"], json!([]));
    assert_eq!(usage.json()["usage"]["prompt_tokens"], 5);
    assert_eq!(usage.json()["usage"]["completion_tokens"], 40);
    for chunk in others {
        assert!(chunk.data.contains("\"usage\":null"));
    }
}

#[tokio::test]
async fn only_text_is_counted_and_each_message_costs_three() {
    let fixture = Fixture::start().await;
    let messages = json!([
        { "role": "system", "content": "be brief" },
        { "role": "user", "content": [
            { "type": "text", "text": "what is this" },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAAAAAA" } },
        ] },
        { "role": "assistant", "content": null, "tool_calls": [] },
    ]);
    let body = fixture.json(PATH, &with(json!({ "messages": messages }))).await;
    assert_eq!(body["usage"]["prompt_tokens"], 20 / 4 + 3 * 3);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_400() {
    let fixture = Fixture::start().await;
    let bad = [
        json!({ "messages": [] }),
        json!({ "messages": "hello" }),
        json!({ "messages": [{ "role": "user", "content": 5 }] }),
        json!({ "n": 0 }),
        json!({ "n": -1 }),
        json!({ "n": 129 }),
        json!({ "n": 3, "model": "mock-chat:100000" }),
        json!({ "max_tokens": 0 }),
        json!({ "max_tokens": "many" }),
        json!({ "max_completion_tokens": -5 }),
        json!({ "stream": "yes" }),
    ];
    for fields in &bad {
        let response = fixture.send(PATH, &with(fields.clone())).await;
        assert_eq!(response.status(), 400, "{fields}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
    let bill = fixture.provider.bill();
    assert_eq!(bill.models["unknown"].failed, bad.len() as u64);
}

#[tokio::test]
async fn an_unknown_model_is_a_404() {
    let fixture = Fixture::start().await;
    let response = fixture.send(PATH, &with(json!({ "model": "gpt-9" }))).await;
    assert_eq!(response.status(), 404);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "model_not_found");
    assert_eq!(fixture.only_line().await.model, "gpt-9");
}
