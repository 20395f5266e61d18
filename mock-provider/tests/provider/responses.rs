//! Responses.

use serde_json::{Value, json};

use crate::support::{Event, Fixture};

const PATH: &str = "/v1/responses";

fn request() -> Value {
    json!({ "model": "mock-chat", "input": "tell me!" })
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn an_answer_has_the_shape_of_openai() {
    let fixture = Fixture::start().await;
    let body = fixture.json(PATH, &request()).await;
    assert!(body["id"].as_str().unwrap().starts_with("resp_"));
    assert_eq!(body["object"], "response");
    assert_eq!(body["status"], "completed");
    assert_eq!(body["incomplete_details"], Value::Null);
    let item = &body["output"][0];
    assert_eq!(item["type"], "message");
    assert_eq!(item["content"][0]["type"], "output_text");
    assert_eq!(item["content"][0]["text"].as_str().unwrap().split_inclusive(' ').count(), 40);
    assert_eq!(body["tool_usage"]["web_search"]["num_requests"], 0);
    assert_eq!(
        body["usage"],
        json!({
            "input_tokens": 5,
            "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
            "output_tokens": 40,
            "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": 45,
        })
    );
}

#[tokio::test]
async fn instructions_and_every_item_are_counted() {
    let fixture = Fixture::start().await;
    let request = json!({
        "model": "mock-chat",
        "instructions": "be brief",
        "input": [
            { "role": "user", "content": "tell me!" },
            { "role": "user", "content": [{ "type": "input_text", "text": "and then" }] },
        ],
    });
    let body = fixture.json(PATH, &request).await;
    assert_eq!(body["usage"]["input_tokens"], 24 / 4 + 2 * 3);
}

#[tokio::test]
async fn a_bound_leaves_the_answer_incomplete() {
    let fixture = Fixture::start().await;
    let mut request = request();
    request["max_output_tokens"] = json!(16);
    let body = fixture.json(PATH, &request).await;
    assert_eq!(body["status"], "incomplete");
    assert_eq!(body["incomplete_details"], json!({ "reason": "max_output_tokens" }));
    assert_eq!(body["usage"]["output_tokens"], 16);

    request["stream"] = json!(true);
    let events = fixture.events(PATH, &request).await;
    let last = events.last().unwrap();
    assert_eq!(last.name.as_deref(), Some("response.incomplete"));
    assert_eq!(last.json()["response"]["usage"]["output_tokens"], 16);
}

#[tokio::test]
async fn a_stream_is_numbered_and_ends_completed() {
    let fixture = Fixture::start().await;
    let whole = fixture.json(PATH, &request()).await;
    let mut request = request();
    request["stream"] = json!(true);
    let events = fixture.events(PATH, &request).await;
    let names = names(&events);
    assert_eq!(
        names[..4],
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
        ]
    );
    assert_eq!(names[4..44], ["response.output_text.delta"; 40]);
    assert_eq!(
        names[44..],
        [
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event.json()["sequence_number"], number);
        assert_eq!(event.json()["type"], names[number]);
    }
    let said: String = events[4..44]
        .iter()
        .map(|event| event.json()["delta"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(said, whole["output"][0]["content"][0]["text"].as_str().unwrap());
    assert_eq!(said, events[44].json()["text"].as_str().unwrap());
    assert_eq!(events[0].json()["response"]["usage"], Value::Null);
    assert_eq!(events[47].json()["response"]["usage"], whole["usage"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_400() {
    let fixture = Fixture::start().await;
    for bad in [
        json!({ "model": "mock-chat" }),
        json!({ "model": "mock-chat", "input": null }),
        json!({ "model": "mock-chat", "input": 5 }),
        json!({ "model": "mock-chat", "input": "x", "max_output_tokens": 0 }),
    ] {
        assert_eq!(fixture.send(PATH, &bad).await.status(), 400, "{bad}");
    }
}
