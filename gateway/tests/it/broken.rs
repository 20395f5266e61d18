//! Providers that break the rules of HTTP, or stretch them.

use serde_json::{Value, json};

use crate::calls::{CHAT, chat, streamed, tokens, unbounded, with};
use crate::edits::{bounds, patience};
use crate::house::House;
use crate::people::Caller;
use crate::watch::{credits, micros};
use crate::wire::{Message, Wire, WireProvider, behind, json_answer};

const GRANTED: &str = "100";
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9}}"#;

/// A house whose provider reads each whole request and then sends these bytes and hangs up.
async fn behind_bytes(bytes: String) -> (House, WireProvider) {
    let provider = WireProvider::start(move |mut wire| {
        let bytes = bytes.clone();
        async move {
            wire.message().await;
            wire.send(&bytes).await;
        }
    })
    .await;
    (House::with(behind(&provider)).await, provider)
}

/// One call, and what became of it.
async fn call(house: &House, body: &Value) -> (Message, Value) {
    let caller = house.caller(GRANTED).await;
    let answer = send(house, &caller, body).await;
    let request = house.charged(&caller, answer.header("x-request-id").unwrap(), GRANTED).await;
    (answer, request)
}

async fn send(house: &House, caller: &Caller, body: &Value) -> Message {
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.post(CHAT, &caller.secret, &serde_json::to_vec(body).unwrap()).await;
    wire.message().await.unwrap()
}

fn large() -> Value {
    let mut body = chat("mock-chat");
    body["messages"][0]["content"] = json!("x".repeat(1 << 20));
    body
}

#[tokio::test]
async fn an_answer_before_the_body_was_there_is_never_relayed() {
    let provider = WireProvider::start(|mut wire| async move {
        wire.head().await;
        wire.send(json_answer(USAGE)).await;
        wire.closed().await;
    })
    .await;
    let house = House::with(|text| bounds("body_read: 200ms")(behind(&provider)(text))).await;
    let caller = house.caller(GRANTED).await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "").await;
    // The rest never comes.
    wire.send_chunk(&serde_json::to_vec(&large()).unwrap()[..100]).await;
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.whole), (502, true));
    assert_eq!(answer.json()["error"]["code"], "upstream_refused");
    assert!(!answer.text().contains("usage"));
    house.quiet().await;
    house.assert_spent(&caller, GRANTED, micros(0)).await;
}

#[tokio::test]
async fn an_answer_that_begins_before_the_provider_read_it_all_is_relayed_once_it_is_paid_for() {
    // The large body is admitted and on its way when the provider answers.
    let provider = WireProvider::start(|mut wire| async move {
        wire.head().await;
        wire.chunk().await;
        wire.send(json_answer(USAGE)).await;
        wire.closed().await;
    })
    .await;
    let house = House::with(behind(&provider)).await;
    let (answer, request) = call(&house, &large()).await;
    assert_eq!((answer.status(), answer.whole), (200, true));
    assert_eq!(credits(&request["charged"]), tokens(5, 9));
}

#[tokio::test]
async fn a_provider_that_hangs_up_without_an_answer_costs_nothing() {
    let (house, _provider) = behind_bytes(String::new()).await;
    for body in [chat("mock-chat"), streamed("mock-chat"), large()] {
        let (answer, request) = call(&house, &body).await;
        assert_eq!((answer.status(), answer.whole), (502, true));
        assert_eq!(answer.header("x-should-retry"), Some("false"), "it has had the request");
        assert_eq!(answer.json()["error"]["code"], "upstream_unreachable");
        assert_eq!((&request["state"], &request["charged"]), (&json!("released"), &json!("0")));
    }
}

#[tokio::test]
async fn what_is_no_http_costs_nothing() {
    let (house, _provider) = behind_bytes("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned()).await;
    let (answer, request) = call(&house, &chat("mock-chat")).await;
    assert_eq!(answer.status(), 502);
    assert_eq!(request["charged"], "0");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_not_passed_on() {
    let (house, _provider) = behind_bytes(
        "HTTP/1.1 307 Go\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n".to_owned(),
    )
    .await;
    let (answer, request) = call(&house, &chat("mock-chat")).await;
    assert_eq!((answer.status(), answer.header("location")), (502, None));
    assert_eq!(answer.json()["error"]["code"], "upstream_refused");
    assert_eq!(request["charged"], "0");
}

#[tokio::test]
async fn a_switch_of_protocols_is_not_passed_on() {
    let (house, _provider) = behind_bytes(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nfree words".to_owned(),
    )
    .await;
    let (answer, request) = call(&house, &chat("mock-chat")).await;
    assert_eq!(answer.status(), 502);
    assert_eq!(request["charged"], "0");
}

#[tokio::test]
async fn an_answer_without_a_length_is_charged_its_usage() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    let (house, _provider) = behind_bytes(format!("{head}{USAGE}")).await;
    let (answer, request) = call(&house, &chat("mock-chat")).await;
    assert_eq!((answer.status(), answer.text(), answer.whole), (200, USAGE, true));
    assert_eq!(credits(&request["charged"]), tokens(5, 9));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_counted_and_costs_at_most_the_hold() {
    for body in ["", "<html>", "{}", "null", "{\"usage\":{\"prompt_tokens\":1e400}}"] {
        let (house, _provider) = behind_bytes(json_answer(body)).await;
        let (answer, request) = call(&house, &chat("mock-chat")).await;
        assert_eq!((answer.status(), answer.text(), answer.whole), (200, body, true));
        assert_eq!((&request["state"], &request["estimated"]), (&json!("settled"), &json!(true)));
    }
}

#[tokio::test]
async fn a_stream_that_was_asked_for_and_comes_as_json_is_charged_its_usage() {
    let (house, _provider) = behind_bytes(json_answer(USAGE)).await;
    for body in [streamed("mock-chat"), with(unbounded("mock-chat"), "stream", json!(true))] {
        let (answer, request) = call(&house, &body).await;
        assert_eq!((answer.status(), answer.text(), answer.whole), (200, USAGE, true));
        assert_eq!(credits(&request["charged"]), tokens(5, 9));
    }
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    let (house, _provider) = behind_bytes(format!("{interim}{}", json_answer(USAGE))).await;
    let caller = house.caller(GRANTED).await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.post(CHAT, &caller.secret, &serde_json::to_vec(&chat("mock-chat")).unwrap()).await;
    let mut answer = wire.message().await.unwrap();
    if answer.status() == 103 {
        answer = wire.message().await.unwrap();
    }
    assert_eq!((answer.status(), answer.text()), (200, USAGE));
    let request = house.charged(&caller, answer.header("x-request-id").unwrap(), GRANTED).await;
    assert_eq!(credits(&request["charged"]), tokens(5, 9));
}

#[tokio::test]
async fn a_provider_that_does_not_read_is_given_up() {
    let provider = WireProvider::start(|mut wire| async move {
        wire.head().await;
        std::future::pending::<()>().await;
    })
    .await;
    let house = House::with(|text| patience("500ms")(behind(&provider)(text))).await;
    let mut body = chat("mock-chat");
    // More than any socket keeps.
    body["messages"][0]["content"] = json!("x".repeat(9 << 20));
    let (answer, request) = call(&house, &body).await;
    assert_eq!((answer.status(), answer.whole), (504, true));
    assert_eq!((&request["state"], &request["charged"]), (&json!("released"), &json!("0")));
}

#[tokio::test]
async fn a_provider_is_found_by_its_name() {
    let provider = WireProvider::start(|mut wire| async move {
        wire.message().await;
        wire.send(json_answer(USAGE)).await;
    })
    .await;
    let named = provider.url.replace("127.0.0.1", "localhost");
    let house = House::with(|text| text.replace("UPSTREAM_URL", &named)).await;
    let (answer, request) = call(&house, &chat("mock-chat")).await;
    assert_eq!((answer.status(), answer.text()), (200, USAGE));
    assert_eq!(credits(&request["charged"]), tokens(5, 9));
}
