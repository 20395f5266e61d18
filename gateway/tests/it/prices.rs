//! Nothing without a price passes, and what costs nothing was written down as free.

use serde_json::{Value, json};

use crate::calls::{CHAT, EMBEDDINGS, IMAGES, MESSAGES, chat, with};
use crate::edits::price;
use crate::house::House;
use crate::people::Caller;
use crate::watch::{credits, header, micros};

/// A body that a meter takes, for a model.
fn body(meter: &str, model: &str) -> Value {
    match meter {
        "openai-chat" | "anthropic-messages" => chat(model),
        "openai-responses" => json!({"model": model, "input": "Hi", "max_output_tokens": 64}),
        "openai-embeddings" => json!({"model": model, "input": "Hi"}),
        "openai-images" => json!({"model": model, "prompt": "A cat"}),
        meter => panic!("what does {meter} take?"),
    }
}

/// The paths of all routes with a tool, by the configuration itself, and their meters.
fn priced_routes() -> Vec<(String, &'static str)> {
    let mut prefix = "";
    let mut routes = Vec::new();
    for line in include_str!("house.yaml").lines() {
        let field = |name: &str| {
            let (_, rest) = line.split_once(&format!("{name}: "))?;
            rest.split([',', '}']).next()
        };
        if let Some(found) = field("prefix") {
            prefix = found;
        }
        if let (Some(path), Some(meter)) = (field("path"), field("meter")) {
            routes.push((format!("{prefix}{path}"), meter));
        }
    }
    routes
}

async fn assert_unpriced(house: &House, caller: &Caller, path: &str, body: &Value) {
    let response = house.call(caller, path, body).await;
    assert_eq!(response.status(), 400, "{path} {body}");
    assert_eq!(header(&response, "x-should-retry"), Some("false"));
    let told = response.json::<Value>().await.unwrap();
    assert_eq!(told["error"]["code"], "unpriced", "{path} {body}");
}

#[tokio::test]
async fn no_route_passes_a_model_without_a_price() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let routes = priced_routes();
    assert_eq!(routes.len(), 5);
    for (path, meter) in routes {
        assert_unpriced(&house, &caller, &path, &body(meter, "mock-unheard-of")).await;
    }
    assert!(house.provider.requests().is_empty());
    house.assert_spent(&caller, "10", micros(0)).await;
}

#[tokio::test]
async fn a_price_for_something_else_is_none() {
    let house = House::new().await;
    let caller = house.caller("1000").await;
    for (path, body) in [
        // Of another provider, another tool, another unit, another name.
        (MESSAGES, chat("mock-slow")),
        (CHAT, chat("mock-image")),
        (CHAT, chat("mock-embedding")),
        (IMAGES, json!({"model": "mock-chat", "prompt": "A cat"})),
        (EMBEDDINGS, json!({"model": "mock-image", "input": "Hi"})),
        (CHAT, chat("Mock-chat")),
        (CHAT, chat("mock-chat ")),
    ] {
        assert_unpriced(&house, &caller, path, &body).await;
    }
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn what_a_request_asks_for_beside_its_model_needs_a_price_too() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for (field, value) in [
        ("service_tier", json!("priority")),
        ("tools", json!([{"type": "web_search"}])),
        ("web_search_options", json!({})),
        ("modalities", json!(["text", "audio"])),
    ] {
        assert_unpriced(&house, &caller, CHAT, &with(chat("mock-chat"), field, value)).await;
    }
    let hosted = json!([{"type": "web_search_20250305", "name": "web_search"}]);
    assert_unpriced(&house, &caller, MESSAGES, &with(chat("mock-chat"), "tools", hosted)).await;
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn a_model_that_is_free_by_name_costs_nothing_and_needs_no_credits() {
    let house = House::with(price("provider: openai, model: \"mock-chat:8\", free: true")).await;
    let caller = house.caller("0").await;
    let response = house.call(&caller, CHAT, &chat("mock-chat:8")).await;
    assert_eq!(response.status(), 200);
    let id = crate::watch::request_id(&response);
    assert_eq!(header(&response, "x-credits-held"), Some("0"));
    assert_eq!(header(&response, "x-credits-charged"), Some("0"));
    response.bytes().await.unwrap();
    let request = house.charged(&caller, &id, "0").await;
    assert_eq!(credits(&request["charged"]), micros(0));
    assert_eq!(request["usage"]["output_tokens"], 8);
}
