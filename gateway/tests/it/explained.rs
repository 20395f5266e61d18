//! Every answer has an id, every no says all there is to say, and the metrics tell the rest.

use serde_json::{Value, json};

use crate::calls::{CHAT, MESSAGES, MODELS, chat, streamed};
use crate::house::House;
use crate::watch::{header, request_id};

/// The machine block of a refusal.
const FIELDS: [&str; 15] = [
    "code",
    "scope",
    "scope_id",
    "period",
    "limit",
    "spent",
    "held",
    "required",
    "remaining",
    "resets_at",
    "rate",
    "first",
    "retryable",
    "request_id",
    "ask",
];

#[tokio::test]
async fn every_refusal_has_every_field_of_the_machine_block() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    let ask = |path: &str, model: &str| house.post(&caller, path, &chat(model)).send();
    for (response, status) in [
        (ask(CHAT, "mock-flat").await.unwrap(), 402),
        (ask(CHAT, "mock-unheard-of").await.unwrap(), 400),
        (ask(MESSAGES, "mock-flat").await.unwrap(), 402),
        (ask(MESSAGES, "mock-unheard-of").await.unwrap(), 400),
        (ask("/openai/v1/nothing", "mock-flat").await.unwrap(), 404),
        (ask("/anthropic/v1/nothing", "mock-flat").await.unwrap(), 404),
        (ask("/nothing", "mock-flat").await.unwrap(), 404),
        (house.client.post(house.url(CHAT)).send().await.unwrap(), 401),
        (house.client.post(house.url(MESSAGES)).send().await.unwrap(), 401),
        (house.client.get(house.url("/bursar/v1/balance")).send().await.unwrap(), 401),
    ] {
        assert_eq!(response.status(), status);
        let (id, path) = (request_id(&response), response.url().path().to_owned());
        assert_eq!(header(&response, "x-should-retry"), Some("false"));
        assert_eq!(header(&response, "retry-after"), None);
        assert_eq!(header(&response, "cache-control"), Some("no-store"));
        let anthropic = path.starts_with("/anthropic");
        assert_eq!(header(&response, "request-id"), anthropic.then_some(&*id));
        let told: Value = response.json().await.unwrap();
        let block = if told["error"].is_object() { &told["error"] } else { &told };
        for field in FIELDS {
            assert!(block.get(field).is_some(), "{field} in {told}");
        }
        assert_eq!((&block["request_id"], &block["retryable"]), (&json!(id), &json!(false)));
        for amount in ["limit", "spent", "held", "required", "remaining"] {
            assert_eq!(block[amount].is_string(), status == 402, "{amount} in {told}");
        }
        assert_eq!(block["ask"].is_string(), status == 402, "{told}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_shape_that_its_sdk_knows() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    let told: Value = house.call(&caller, CHAT, &chat("mock-flat")).await.json().await.unwrap();
    assert_eq!(told["error"]["type"], "insufficient_quota");
    assert_eq!(told["error"]["param"], Value::Null);
    let told: Value = house.call(&caller, MESSAGES, &chat("mock-flat")).await.json().await.unwrap();
    assert_eq!((&told["type"], &told["error"]["type"]), (&json!("error"), &json!("billing_error")));
    assert_eq!(told["request_id"], told["error"]["request_id"]);
    let told: Value = house.get(&caller, "/bursar/v1/nothing").await.json().await.unwrap();
    assert_eq!((&told["type"], &told["title"]), (&json!("about:blank"), &json!("unknown_route")));
    assert!(told["detail"].is_string());
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let house = House::new().await;
    let caller = house.caller("100").await;
    let mut ids = Vec::new();
    for response in [
        house.call(&caller, CHAT, &chat("mock-chat")).await,
        house.call(&caller, CHAT, &streamed("mock-chat")).await,
        house.call(&caller, CHAT, &chat("mock-error-500")).await,
        house.call(&caller, CHAT, &chat("mock-error-401")).await,
        house.call(&caller, CHAT, &chat("mock-unheard-of")).await,
        house.call(&caller, MESSAGES, &chat("mock-chat")).await,
        house.get(&caller, MODELS).await,
        house.get(&caller, "/bursar/v1/balance").await,
        house.get(&caller, "/nothing").await,
    ] {
        let id = request_id(&response);
        assert!(id.starts_with("req_"), "{id}");
        ids.push(id);
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test]
async fn the_metrics_name_every_series_and_nobody() {
    let house = House::new().await;
    let caller = house.caller("2").await;
    for model in ["mock-flat", "mock-error-500", "mock-flat", "mock-flat"] {
        house.call(&caller, CHAT, &chat(model)).await.bytes().await.unwrap();
    }
    house.quiet().await;
    assert_eq!(house.metric(r#"bursar_requests_total{status="2xx"}"#).await, 2);
    assert_eq!(house.metric(r#"bursar_requests_total{status="4xx"}"#).await, 1);
    assert_eq!(house.metric(r#"bursar_requests_total{status="5xx"}"#).await, 1);
    assert_eq!(house.metric(r#"bursar_refusals_total{code="credits_exhausted"}"#).await, 1);
    assert_eq!(
        house.metric(r#"bursar_holds_ended_total{ending="settled",tool="chatbot"}"#).await,
        2
    );
    assert_eq!(
        house.metric(r#"bursar_holds_ended_total{ending="provider_error",tool="chatbot"}"#).await,
        1
    );
    assert_eq!(
        house.metric(r#"bursar_charged_microcredits_total{tool="chatbot"}"#).await,
        2_000_000
    );
    assert_eq!(house.metric("bursar_request_duration_seconds_count").await, 4);
    assert_eq!(house.metric("bursar_holds_open").await, 0);
    assert_eq!(house.metric("bursar_waiting").await, 0);
    assert_eq!(house.metric("bursar_store_failing").await, 0);
    let text = house.operations("/metrics").await.text().await.unwrap();
    assert!(!text.contains(&caller.secret) && !text.contains(&caller.member.to_string()));
}

#[tokio::test]
async fn the_operations_listener_tells_that_it_lives_and_is_ready() {
    let house = House::new().await;
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 200), ("/nothing", 404)]
    {
        assert_eq!(house.operations(path).await.status(), status, "{path}");
    }
    // And none of that on the clients' port.
    let caller = house.caller("0").await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(house.get(&caller, path).await.status(), 404, "{path}");
    }
}
