//! An output that nobody bounded is bounded by what the route, the model and the credits allow.

use serde_json::{Value, json};

use crate::calls::{CHAT, MESSAGES, RESPONSES, tokens, unbounded, with};
use crate::edits::{price, route_bounds};
use crate::house::House;
use crate::watch::{credits, header, request_id};

/// The input tokens that a body is held for: each byte, what may be spliced in, the overhead.
fn input(body: &Value) -> u64 {
    serde_json::to_vec(body).unwrap().len() as u64 + 96 + 1_000
}

#[tokio::test]
async fn a_chat_without_a_bound_gets_that_of_the_route_and_is_told_so() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = unbounded("mock-chat");
    let response = house.call(&caller, CHAT, &body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-bursar-max-tokens"), Some("4096"));
    let held = tokens(input(&body), 4_096).to_string();
    assert_eq!(header(&response, "x-credits-held"), Some(&*held));
    assert_eq!(house.forwarded(), with(body, "max_completion_tokens", json!(4_096)));
}

#[tokio::test]
async fn a_bound_that_is_null_is_none() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for field in ["max_tokens", "max_completion_tokens"] {
        let body = with(unbounded("mock-chat"), field, Value::Null);
        let response = house.call(&caller, CHAT, &body).await;
        assert_eq!(header(&response, "x-bursar-max-tokens"), Some("4096"));
        assert_eq!(house.forwarded(), with(body, "max_completion_tokens", json!(4_096)));
    }
}

#[tokio::test]
async fn a_bound_of_the_callers_own_is_forwarded_as_it_came() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for field in ["max_tokens", "max_completion_tokens"] {
        let body = with(unbounded("mock-chat"), field, json!(9));
        let response = house.call(&caller, CHAT, &body).await;
        assert_eq!(header(&response, "x-bursar-max-tokens"), None);
        let held = tokens(input(&body), 9).to_string();
        assert_eq!(header(&response, "x-credits-held"), Some(&*held));
        assert_eq!(house.forwarded(), body);
    }
}

#[tokio::test]
async fn a_response_without_a_bound_gets_one_in_its_own_words() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = json!({"model": "mock-chat", "input": "Hi"});
    let response = house.call(&caller, RESPONSES, &body).await;
    assert_eq!(header(&response, "x-bursar-max-tokens"), Some("4096"));
    assert_eq!(house.forwarded(), with(body, "max_output_tokens", json!(4_096)));
}

#[tokio::test]
async fn a_message_without_a_bound_is_refused_as_the_provider_would() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let response = house.call(&caller, MESSAGES, &unbounded("mock-chat")).await;
    assert_eq!(response.status(), 400);
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn a_model_that_says_less_is_asked_for_less() {
    let house = House::with(price(
        "provider: openai, model: \"mock-chat:9\", input_per_million_tokens: \"3\", \
         output_per_million_tokens: \"15\", max_output_tokens: 300",
    ))
    .await;
    let caller = house.caller("10").await;
    house.call(&caller, CHAT, &unbounded("mock-chat:9")).await;
    assert_eq!(house.forwarded()["max_completion_tokens"], 300);
}

#[tokio::test]
async fn every_choice_is_held_for() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = with(unbounded("mock-chat"), "n", json!(3));
    let response = house.call(&caller, CHAT, &body).await;
    assert_eq!(header(&response, "x-bursar-max-tokens"), Some("4096"));
    let held = tokens(input(&body), 3 * 4_096).to_string();
    assert_eq!(header(&response, "x-credits-held"), Some(&*held));
    let id = request_id(&response);
    response.bytes().await.unwrap();
    let request = house.charged(&caller, &id, "10").await;
    assert_eq!((&request["outputs"], &request["usage"]["output_tokens"]), (&json!(3), &json!(120)));
}

#[tokio::test]
async fn fewer_credits_buy_a_lower_bound_down_to_the_least_that_is_worth_asking_for() {
    let house = House::new().await;
    let body = unbounded("mock-chat");
    for output in [4_095, 1_000, 256] {
        let caller = house.caller(&tokens(input(&body), output).to_string()).await;
        let response = house.call(&caller, CHAT, &body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "x-credits-remaining"), Some("0"));
        assert_eq!(house.forwarded()["max_completion_tokens"], output);
    }
    let caller = house.caller(&tokens(input(&body), 255).to_string()).await;
    let response = house.call(&caller, CHAT, &body).await;
    assert_eq!(response.status(), 402);
    let error = response.json::<Value>().await.unwrap()["error"].take();
    assert_eq!(error["code"], "request_exceeds_remaining");
    assert_eq!(credits(&error["required"]), tokens(input(&body), 256));
    assert_eq!(credits(&error["remaining"]), tokens(input(&body), 255));
}

#[tokio::test]
async fn the_bounds_of_a_route_are_the_operators() {
    let house = House::with(route_bounds(
        "/v1/chat/completions",
        "default_max_tokens: 50, min_max_tokens: 20",
    ))
    .await;
    let body = unbounded("mock-chat");
    let caller = house.caller(&tokens(input(&body), 20).to_string()).await;
    house.grant(&caller, "1").await;
    house.call(&caller, CHAT, &body).await;
    assert_eq!(house.forwarded()["max_completion_tokens"], 50);
    let caller = house.caller(&tokens(input(&body), 20).to_string()).await;
    house.call(&caller, CHAT, &body).await;
    assert_eq!(house.forwarded()["max_completion_tokens"], 20);
}
