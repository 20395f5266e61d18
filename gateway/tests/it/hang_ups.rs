//! A client that leaves has what it got; what it held is free again, and so is its place.

use serde_json::{Value, json};

use crate::calls::{CHAT, MESSAGES, chat, streamed, tokens, with};
use crate::edits::{bounds, patience, price};
use crate::house::House;
use crate::people::Caller;
use crate::watch::{credits, micros};
use crate::wire::{Wire, WireProvider, behind, json_answer};

const GRANTED: &str = "10";

fn bytes(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).unwrap()
}

/// Sends a call that the provider has received when this returns.
async fn begun(house: &House, caller: &Caller, path: &str, body: &Value, delay: &str) -> Wire {
    let mut wire = Wire::to(house.gateway.address()).await;
    let body = bytes(body);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\nx-mock-delay-ms: {delay}\r\n\
         content-length: {}\r\n\r\n",
        caller.secret,
        body.len()
    );
    wire.send([head.as_bytes(), &body].concat()).await;
    house.provider.requests_when(|requests| !requests.is_empty()).await;
    wire
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_byte_pays_nothing() {
    let mut large = chat("mock-slow");
    large["messages"][0]["content"] = json!("x".repeat(100_000));
    for body in [chat("mock-slow"), streamed("mock-slow"), large] {
        let house = House::with(patience("60s")).await;
        let caller = house.caller(GRANTED).await;
        drop(begun(&house, &caller, CHAT, &body, "50000").await);
        house.quiet().await;
        house.assert_spent(&caller, GRANTED, micros(0)).await;
        let released = r#"bursar_holds_ended_total{ending="client_gone""#;
        assert_eq!(house.metric(released).await, 1);
        // The provider hears of it, and stops.
        assert_eq!(house.provider.bill_when(|bill| bill.requests == 1).await.lines[0].status, 0);
    }
}

#[tokio::test]
async fn a_client_that_leaves_in_a_stream_pays_for_what_it_was_sent() {
    for (path, input) in [(CHAT, None), (MESSAGES, Some(5))] {
        let slow = "provider: anthropic, model: mock-slow, input_per_million_tokens: \"3\", \
                    output_per_million_tokens: \"15\"";
        let house = House::with(price(slow)).await;
        let caller = house.caller(GRANTED).await;
        let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
        let mut wire = begun(&house, &caller, path, &body, "100").await;
        let head = wire.head().await.unwrap();
        let mut events = String::new();
        while events.matches("data: ").count() < 8 {
            events += std::str::from_utf8(&wire.chunk().await.unwrap()).unwrap();
        }
        drop(wire);
        let request = house.charged(&caller, head.header("x-request-id").unwrap(), GRANTED).await;
        assert_eq!((&request["state"], &request["estimated"]), (&json!("settled"), &json!(true)));
        let input = input.unwrap_or((bytes(&body).len() as u64).div_ceil(3));
        let charged = credits(&request["charged"]);
        // At least a word for each event that it saw, and not all that would have come.
        assert!(charged > tokens(input, 4), "{request}");
        assert!(charged < tokens(input, 80), "{request}");
        let line = house.provider.bill_when(|bill| bill.requests == 1).await.lines.remove(0);
        assert!(!line.complete && line.output_tokens < 40);
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_gives_up_its_place() {
    let large = with(chat("mock-flat"), "user", json!("x".repeat(100_000)));
    for body in [chat("mock-flat"), large] {
        let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"1\"";
        let house =
            House::with(|text| price(slow)(patience("60s")(bounds("hold_wait: 60s")(text)))).await;
        let caller = house.caller("1").await;
        let running = begun(&house, &caller, CHAT, &chat("mock-slow:9"), "50000").await;
        let mut waiting = Wire::to(house.gateway.address()).await;
        waiting.post(CHAT, &caller.secret, &bytes(&body)).await;
        house.waiting(1).await;
        drop(waiting);
        house.waiting(0).await;
        drop(running);
        house.quiet().await;
        house.assert_spent(&caller, "1", micros(0)).await;
        assert!(!house.provider.bill().models.contains_key("mock-flat"));
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_it_sends_was_never_there() {
    let house = House::new().await;
    let caller = house.caller(GRANTED).await;
    let body = bytes(&chat("mock-flat"));
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "").await;
    wire.send_chunk(&body[..50]).await;
    // The provider has the header of such a call, and nothing of its body.
    drop(wire);
    let seen = house.provider.requests_when(|requests| !requests.is_empty()).await;
    assert_eq!((seen[0].body_len, seen[0].complete), (0, false));
    house.quiet().await;
    house.assert_spent(&caller, GRANTED, micros(0)).await;

    let mut wire = Wire::to(house.gateway.address()).await;
    let head =
        format!("POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\n", caller.secret);
    wire.send(format!("{head}content-length: {}\r\n\r\n{{", body.len())).await;
    drop(wire);
    // And the next one is served as if nothing had been.
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    assert_eq!(house.provider.bill().requests, 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_waited_for_forever() {
    let huge = "provider: openai, model: \"mock-huge:60000\", input_per_million_tokens: \"3\", \
                output_per_million_tokens: \"15\"";
    let house = House::with(|text| price(huge)(bounds("keepalive: 1s")(text))).await;
    let caller = house.caller("100").await;
    // Thirty megabytes, more than any socket keeps.
    let body = with(chat("mock-huge:60000"), "max_tokens", json!(60_000));
    let wire = begun(&house, &caller, CHAT, &body, "0").await;
    house.quiet().await;
    assert_eq!(house.metric(r#"bursar_holds_ended_total{ending="estimated""#).await, 1);
    drop(wire);
}

#[tokio::test]
async fn a_client_that_left_does_not_take_a_later_answer_with_it() {
    // The provider's connection is never handed on with the rest of an answer in it.
    let provider = WireProvider::start(|mut wire| async move {
        while let Some(request) = wire.message().await {
            let text = request.json()["messages"][0]["content"].clone();
            let answer = json!({"echo": text, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
            wire.send(json_answer(&answer.to_string())).await;
        }
    })
    .await;
    let house = House::with(behind(&provider)).await;
    let caller = house.caller(GRANTED).await;
    for n in 0..20 {
        let mut body = chat("mock-chat");
        body["messages"][0]["content"] = json!(n);
        let mut wire = Wire::to(house.gateway.address()).await;
        wire.post(CHAT, &caller.secret, &bytes(&body)).await;
        drop(wire);
        let answer: Value = house.call(&caller, CHAT, &body).await.json().await.unwrap();
        assert_eq!(answer["echo"], n);
    }
    house.quiet().await;
}
