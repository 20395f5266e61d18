//! The bill.

use mock_provider::{Bill, Line, Options};
use serde_json::{Value, json};

use crate::support::Fixture;

fn chat(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "tell me!" }] })
}

#[tokio::test]
async fn a_line_says_what_was_sold_and_to_whom() {
    let fixture = Fixture::start().await;
    let request = fixture.post("/v1/chat/completions", &chat("mock-chat:500"));
    let response = request.header("x-request-id", "req_of_the_gateway").send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        fixture.only_line().await,
        Line {
            id: body["id"].as_str().unwrap().to_owned(),
            model: "mock-chat:500".to_owned(),
            route: "/v1/chat/completions".into(),
            status: 200,
            input_tokens: 5,
            output_tokens: 500,
            images: 0,
            complete: true,
            request_id: Some("req_of_the_gateway".to_owned()),
        }
    );
}

#[tokio::test]
async fn every_line_is_appended_to_the_file_of_the_bill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bill.jsonl");
    std::fs::write(&file, "").unwrap();
    let fixture = Fixture::with(Options { bill: Some(file.clone()), ..Options::default() }).await;
    for model in ["mock-chat", "mock-error-500"] {
        fixture.send("/v1/chat/completions", &chat(model)).await.bytes().await.unwrap();
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap());
    assert_eq!(lines.collect::<Vec<_>>(), fixture.provider.bill().lines);
    assert_eq!(text.lines().count(), 2);
}

#[tokio::test]
async fn totals_are_kept_by_model_without_suffix() {
    let fixture = Fixture::start().await;
    for model in ["mock-chat", "mock-chat:2", "mock-flat", "mock-error-500"] {
        fixture.send("/v1/chat/completions", &chat(model)).await.bytes().await.unwrap();
    }
    let bill = fixture.provider.bill();
    assert_eq!(bill.requests, 4);
    assert_eq!(bill.models["mock-chat"].answered, 2);
    assert_eq!(bill.models["mock-chat"].input_tokens, 10);
    assert_eq!(bill.models["mock-chat"].output_tokens, 42);
    assert_eq!(bill.models["mock-flat"].output_tokens, 8);
    assert_eq!(bill.models["mock-error-500"].requests, 1);
    assert_eq!(bill.models["mock-error-500"].failed, 1);
    assert_eq!(bill.models["mock-error-500"].input_tokens, 0);
}

#[tokio::test]
async fn the_bill_is_served_as_it_is_kept_and_can_be_reset() {
    let fixture = Fixture::start().await;
    fixture.json("/v1/chat/completions", &chat("mock-chat")).await;
    let served: Bill = fixture.get("/bill").send().await.unwrap().json().await.unwrap();
    assert_eq!(served, fixture.provider.bill());
    assert_eq!(served.requests, 1);

    fixture.send("/bill/reset", &json!({})).await;
    assert_eq!(fixture.provider.bill(), Bill::default());
    assert_eq!(fixture.get("/bill/x").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_stream_is_on_the_bill_when_its_last_byte_is_read() {
    let fixture = Fixture::start().await;
    let mut request = chat("mock-chat");
    request["stream"] = json!(true);
    for streams in 1..=20 {
        fixture.events("/v1/chat/completions", &request).await;
        let bill = fixture.provider.bill();
        assert_eq!(bill.requests, streams);
        assert_eq!(bill.models["mock-chat"].output_tokens, 40 * streams);
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_is_billed_what_was_produced() {
    let fixture = Fixture::start().await;
    let mut request = chat("mock-stall");
    request["stream"] = json!(true);
    let mut response = fixture.send("/v1/chat/completions", &request).await;
    response.chunk().await.unwrap().unwrap();
    assert_eq!(fixture.provider.bill().requests, 0);
    drop(response);
    let line = fixture.only_line().await;
    assert_eq!((line.status, line.input_tokens, line.output_tokens), (200, 5, 1));
    assert!(!line.complete);
}

#[tokio::test]
async fn a_client_that_hangs_up_before_the_first_byte_is_billed_nothing() {
    let fixture = Fixture::with(Options { record: true, ..Options::default() }).await;
    let request = fixture.post("/v1/chat/completions", &chat("mock-silent"));
    let waiting = tokio::spawn(request.send());
    fixture.provider.requests_when(|requests| !requests.is_empty()).await;
    waiting.abort();
    let line = fixture.only_line().await;
    assert_eq!((line.status, line.input_tokens, line.output_tokens), (0, 0, 0));
    assert_eq!(line.model, "mock-silent");
}
