//! Who calls again the moment it has its last byte is never told that its credits are held.

use serde_json::{Value, json};

use crate::calls::{CHAT, MESSAGES, RESPONSES, chat, streamed};
use crate::edits::bounds;
use crate::house::House;
use crate::people::Caller;
use crate::wire::{Message, Wire};

/// Calls until a no, with credits for one hold and so many costs; each call begins when `last` of
/// the one before has come.
async fn check(path: &str, body: Value, last: &str) {
    // Nobody may wait either: what was held is free by then.
    let house = House::with(bounds("hold_wait: 1ms")).await;
    let (held, cost) = house.measure(path, &body).await;
    let granted = held.saturating_add(cost).saturating_add(cost).saturating_add(cost);
    let caller = house.caller(&granted.to_string()).await;
    for _ in 0..4 {
        let answer = answer(&house, &caller, path, &body, last).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
    let answer = answer(&house, &caller, path, &body, last).await;
    assert_eq!(answer.status(), 402, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], "request_exceeds_remaining");
}

/// An answer up to the piece that holds `last`; the rest is never read.
async fn answer(house: &House, caller: &Caller, path: &str, body: &Value, last: &str) -> Message {
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.post(path, &caller.secret, &serde_json::to_vec(body).unwrap()).await;
    let mut answer = wire.head().await.unwrap();
    if answer.header("transfer-encoding") != Some("chunked") {
        wire.rest_of(&mut answer).await;
        return answer;
    }
    while !String::from_utf8_lossy(&answer.body).contains(last) {
        answer.body.extend(wire.chunk().await.expect("the last event comes"));
    }
    answer
}

#[tokio::test]
async fn a_serial_client_of_json_answers_is_never_told_credits_held() {
    check(CHAT, chat("mock-chat"), "").await;
    check(MESSAGES, chat("mock-chat"), "").await;
}

#[tokio::test]
async fn a_serial_client_of_streams_is_never_told_credits_held() {
    check(CHAT, streamed("mock-chat"), "data: [DONE]").await;
    check(MESSAGES, streamed("mock-chat"), "event: message_stop").await;
    let response =
        json!({"model": "mock-chat", "input": "Hi", "max_output_tokens": 64, "stream": true});
    check(RESPONSES, response, "event: response.completed").await;
}

#[tokio::test]
async fn a_serial_client_of_large_bodies_is_never_told_credits_held() {
    let mut body = chat("mock-chat");
    body["messages"][0]["content"] = json!("x".repeat(100_000));
    check(CHAT, body, "").await;
}
