//! The server around the routes: credentials, record of requests, delays, bounds, shutdown.

use std::time::Duration;

use mock_provider::Options;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::Fixture;

const CHAT: &str = "/v1/chat/completions";

fn chat() -> Value {
    json!({ "model": "mock-chat", "messages": [{ "role": "user", "content": "tell me!" }] })
}

#[tokio::test]
async fn a_credential_is_asked_for_in_the_dialect() {
    let credential = Some("sk-real".to_owned());
    let fixture = Fixture::with(Options { credential, ..Options::default() }).await;
    for (header, value, status) in [
        ("authorization", "Bearer sk-real", 200),
        ("x-api-key", "sk-real", 200),
        ("authorization", "Bearer bursar_u_leaked", 401),
        ("x-api-key", "sk-other", 401),
        ("x-other", "sk-real", 401),
    ] {
        let request = fixture.post(CHAT, &chat()).header(header, value);
        assert_eq!(request.send().await.unwrap().status(), status, "{header}: {value}");
    }
    let response = fixture.send("/v1/messages", &json!({})).await;
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["type"], "authentication_error");
    let response = fixture.get("/v1/models").send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "invalid_api_key");
    assert_eq!(fixture.get("/bill").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_arrived_is_recorded_when_asked_for() {
    let fixture = Fixture::with(Options { record: true, ..Options::default() }).await;
    let path = "/v1/chat/completions?beta=true";
    fixture.post(path, &chat()).header("X-Kept", "yes").send().await.unwrap();
    let requests = fixture.provider.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, CHAT);
    assert_eq!(request.query.as_deref(), Some("beta=true"));
    assert_eq!(request.header("x-kept"), Some("yes"));
    assert_eq!(request.body, chat().to_string());
    assert_eq!(request.body_len, chat().to_string().len());
    assert!(request.complete);
    fixture.provider.reset();
    assert!(fixture.provider.requests().is_empty());
}

#[tokio::test]
async fn nothing_is_recorded_unless_asked_for() {
    let fixture = Fixture::start().await;
    fixture.json(CHAT, &chat()).await;
    assert!(fixture.provider.requests().is_empty());
}

#[tokio::test]
async fn of_a_long_body_the_beginning_is_kept_and_the_length_told() {
    let fixture = Fixture::with(Options { record: true, ..Options::default() }).await;
    let mut request = chat();
    request["messages"][0]["content"] = json!("x".repeat(1 << 20));
    let body = fixture.json(CHAT, &request).await;
    assert_eq!(body["usage"]["prompt_tokens"], (1 << 18) + 3);
    let seen = &fixture.provider.requests()[0];
    assert_eq!(seen.body.len(), 64 * 1024);
    assert_eq!(seen.body_len, request.to_string().len());
}

#[tokio::test]
async fn a_request_whose_body_never_ends_is_seen_and_not_billed() {
    let fixture = Fixture::with(Options { record: true, ..Options::default() }).await;
    let mut stream = TcpStream::connect(fixture.provider.address()).await.unwrap();
    let begun =
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{\"model";
    stream.write_all(begun).await.unwrap();
    drop(stream);
    let requests = fixture.provider.requests_when(|requests| !requests.is_empty()).await;
    assert_eq!(requests[0].path, CHAT);
    assert!(!requests[0].complete);
    assert_eq!(fixture.provider.bill().requests, 0);
}

#[tokio::test(start_paused = true)]
async fn every_answer_waits_for_the_delays_of_the_server() {
    let options = Options {
        first_byte_delay: Duration::from_millis(20),
        chunk_delay: Duration::from_millis(5),
        ..Options::default()
    };
    let fixture = Fixture::with(options).await;
    let begun = Instant::now();
    fixture.json(CHAT, &chat()).await;
    assert!(begun.elapsed() >= Duration::from_millis(20));
    let mut stream = chat();
    stream["stream"] = json!(true);
    let begun = Instant::now();
    fixture.events(CHAT, &stream).await;
    assert!(begun.elapsed() >= Duration::from_millis(20 + 39 * 5));
}

#[tokio::test]
async fn an_unknown_path_is_a_404_and_an_unknown_method_a_405() {
    let fixture = Fixture::start().await;
    let response = fixture.send("/v1/nowhere", &json!({})).await;
    assert_eq!(response.status(), 404);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["message"], "Invalid URL (POST /v1/nowhere)");
    assert_eq!(fixture.get(CHAT).send().await.unwrap().status(), 405);
    assert_eq!(fixture.get("/v1/messages").send().await.unwrap().status(), 405);
    assert_eq!(fixture.provider.bill().requests, 0);
}

#[tokio::test]
async fn a_shutdown_cuts_what_is_running_and_closes_the_port() {
    let fixture = Fixture::start().await;
    let mut request = chat();
    request["model"] = json!("mock-stall");
    request["stream"] = json!(true);
    let mut response = fixture.send(CHAT, &request).await;
    response.chunk().await.unwrap().unwrap();
    let address = fixture.provider.address();
    fixture.provider.shutdown().await;
    TcpStream::connect(address).await.unwrap_err();
    while let Ok(chunk) = response.chunk().await {
        assert!(chunk.is_some(), "the stream came to its end");
    }
}
