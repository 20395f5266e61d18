//! Anthropic's messages and token counts.

use serde_json::{Value, json};

use crate::support::Fixture;

const PATH: &str = "/v1/messages";

/// Eight bytes and eight of the system prompt, in one message: 4 + 3 input tokens.
fn request() -> Value {
    json!({
        "model": "mock-chat",
        "max_tokens": 1024,
        "system": [{ "type": "text", "text": "be brief" }],
        "messages": [{ "role": "user", "content": "tell me!" }],
    })
}

#[tokio::test]
async fn an_answer_has_the_shape_of_anthropic() {
    let fixture = Fixture::start().await;
    let response = fixture.send(PATH, &request()).await;
    assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
    assert!(!response.headers().contains_key("x-request-id"));
    let body: Value = response.json().await.unwrap();
    assert!(body["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(body["type"], "message");
    assert_eq!(body["role"], "assistant");
    assert_eq!(body["model"], "mock-chat");
    assert_eq!(body["stop_reason"], "end_turn");
    assert_eq!(body["stop_sequence"], Value::Null);
    assert_eq!(body["content"][0]["type"], "text");
    assert_eq!(body["content"][0]["text"].as_str().unwrap().split_inclusive(' ').count(), 40);
    assert_eq!(
        body["usage"],
        json!({
            "input_tokens": 7,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation":
                { "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0 },
            "output_tokens": 40,
            "service_tier": "standard",
        })
    );
}

#[tokio::test]
async fn a_bound_cuts_the_answer_and_says_so() {
    let fixture = Fixture::start().await;
    let mut request = request();
    request["max_tokens"] = json!(5);
    let body = fixture.json(PATH, &request).await;
    assert_eq!(body["stop_reason"], "max_tokens");
    assert_eq!(body["usage"]["output_tokens"], 5);
}

#[tokio::test]
async fn a_stream_begins_with_the_input_and_ends_with_the_total() {
    let fixture = Fixture::start().await;
    let mut request = request();
    request["stream"] = json!(true);
    let events = fixture.events(PATH, &request).await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_deref().unwrap()).collect();
    assert_eq!(names[..3], ["message_start", "content_block_start", "ping"]);
    assert_eq!(names[3..43], ["content_block_delta"; 40]);
    assert_eq!(names[43..], ["content_block_stop", "message_delta", "message_stop"]);
    for event in &events {
        assert_eq!(event.json()["type"], event.name.as_deref().unwrap());
    }
    let start = &events[0].json()["message"];
    assert_eq!(start["content"], json!([]));
    assert_eq!(start["stop_reason"], Value::Null);
    assert_eq!(start["usage"]["input_tokens"], 7);
    assert_eq!(start["usage"]["output_tokens"], 1);
    let delta = events[44].json();
    assert_eq!(delta["delta"], json!({ "stop_reason": "end_turn", "stop_sequence": null }));
    assert_eq!(delta["usage"]["output_tokens"], 40);
    let said: String = events[3..43]
        .iter()
        .map(|event| event.json()["delta"]["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(said.split_inclusive(' ').count(), 40);
}

#[tokio::test]
async fn a_message_without_a_bound_is_a_400_in_the_shape_of_anthropic() {
    let fixture = Fixture::start().await;
    let mut request = request();
    request.as_object_mut().unwrap().remove("max_tokens");
    let response = fixture.send(PATH, &request).await;
    assert_eq!(response.status(), 400);
    let id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body,
        json!({
            "type": "error",
            "error": { "type": "invalid_request_error", "message": "max_tokens: Field required" },
            "request_id": id,
        })
    );
}

#[tokio::test]
async fn an_unknown_model_is_a_404_in_the_shape_of_anthropic() {
    let fixture = Fixture::start().await;
    let mut request = request();
    request["model"] = json!("claude-9");
    let response = fixture.send(PATH, &request).await;
    assert_eq!(response.status(), 404);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], json!({ "type": "not_found_error", "message": "model: claude-9" }));
}

#[tokio::test]
async fn a_token_count_is_what_the_message_would_be_billed_and_is_free() {
    let fixture = Fixture::start().await;
    let mut request = request();
    request.as_object_mut().unwrap().remove("max_tokens");
    let body = fixture.json("/v1/messages/count_tokens", &request).await;
    assert_eq!(body, json!({ "input_tokens": 7 }));
    assert_eq!(fixture.provider.bill().requests, 0);
}
