//! A body that is odd is refused in the dialect's own shape; no provider hears of it.

use serde_json::Value;

use crate::calls::{CHAT, EMBEDDINGS, IMAGES, MESSAGES, RESPONSES};
use crate::edits::bounds;
use crate::house::House;
use crate::people::Caller;
use crate::watch::{header, micros};
use crate::wire::Wire;

const MESSAGE: &str = r#""messages":[{"role":"user","content":"Hi"}]"#;

/// Posts a body as it is written here; the answer's error object.
async fn refused(house: &House, caller: &Caller, path: &str, body: &str, code: &str) -> Value {
    let request = house.client.post(house.url(path)).bearer_auth(&caller.secret);
    let response = request.body(body.to_owned()).send().await.unwrap();
    assert_eq!(response.status(), 400, "{path} {body}");
    assert_eq!(header(&response, "x-should-retry"), Some("false"));
    assert_eq!(header(&response, "content-type"), Some("application/json"));
    let told: Value = response.json().await.unwrap();
    let error = &told["error"];
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["code"], code, "{path} {body}: {told}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    if path == MESSAGES {
        assert_eq!(told["type"], "error");
        assert!(told["request_id"].is_string());
    }
    error.clone()
}

/// Checks that all of these are refused on a path, and that nobody noticed.
async fn check(path: &str, code: &str, bodies: &[String]) {
    let house = House::new().await;
    let caller = house.caller("100").await;
    for body in bodies {
        refused(&house, &caller, path, body, code).await;
    }
    assert!(house.provider.requests().is_empty());
    assert_eq!(house.metric("bursar_holds_open").await, 0);
    house.assert_spent(&caller, "100", micros(0)).await;
}

/// Bodies of a chat, or of a message, with one member more.
fn with(members: &[&str], fixed: &str) -> Vec<String> {
    members.iter().map(|member| format!("{{{fixed},{member}}}")).collect()
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let bodies =
        ["", "{", "[]", "null", "\"chat\"", "{}x", "{\"model\":}", "\u{feff}{}", "model=mock-chat"];
    let bodies = bodies.map(str::to_owned);
    for path in [CHAT, MESSAGES, RESPONSES, EMBEDDINGS, IMAGES] {
        check(path, "invalid_request", &bodies).await;
    }
}

#[tokio::test]
async fn a_chat_with_an_odd_field_is_refused() {
    let members = [
        r#""n":0"#,
        r#""n":-1"#,
        r#""n":1.5"#,
        r#""n":"2""#,
        r#""n":1000000"#,
        r#""n":[1]"#,
        r#""max_tokens":0"#,
        r#""max_tokens":-1"#,
        r#""max_tokens":1.5"#,
        r#""max_tokens":1e3"#,
        r#""max_tokens":"64""#,
        r#""max_tokens":18446744073709551616"#,
        r#""max_tokens":true"#,
        r#""max_tokens":99999999999"#,
        r#""max_completion_tokens":-5"#,
        r#""max_tokens":5,"max_completion_tokens":6"#,
        r#""max_tokens":5,"max_tokens":6"#,
        r#""Max_Tokens":5"#,
        r#""stream":1"#,
        r#""stream":"true""#,
        r#""stream":true,"stream":false"#,
        r#""stream_options":1"#,
        r#""stream_options":{"include_usage":"yes"}"#,
        r#""model":"mock-flat""#,
        r#""service_tier":5"#,
    ];
    let mut bodies = with(&members, &format!(r#""model":"mock-chat",{MESSAGE}"#));
    bodies.push(format!("{{{MESSAGE}}}"));
    bodies.push(format!(r#"{{"model":7,{MESSAGE}}}"#));
    bodies.push(format!(r#"{{"model":"{}",{MESSAGE}}}"#, "m".repeat(300)));
    check(CHAT, "invalid_request", &bodies).await;
}

#[tokio::test]
async fn a_message_with_an_odd_field_is_refused() {
    let members = [
        r#""max_tokens":0"#,
        r#""max_tokens":-1"#,
        r#""max_tokens":"64""#,
        r#""max_tokens":null"#,
        r#""max_tokens":1e18"#,
        r#""max_tokens":5,"max_tokens":6"#,
        r#""max_tokens":5,"stream":"yes""#,
    ];
    let bodies = with(&members, &format!(r#""model":"mock-chat",{MESSAGE}"#));
    check(MESSAGES, "invalid_request", &bodies).await;
}

#[tokio::test]
async fn a_response_that_names_what_the_provider_keeps_is_refused() {
    let members = [
        r#""previous_response_id":"resp_1""#,
        r#""conversation":"conv_1""#,
        r#""conversation":{"id":"conv_1"}"#,
        r#""prompt":{"id":"pmpt_1"}"#,
        r#""background":true"#,
    ];
    let mut bodies = with(&members, r#""model":"mock-chat","input":"Hi""#);
    for item in [
        r#"{"type":"item_reference","id":"msg_1"}"#,
        r#"{"role":"user","content":[{"type":"input_file","file_id":"file_1"}]}"#,
        r#"{"role":"user","content":[{"type":"input_image","file_id":"file_1"}]}"#,
    ] {
        bodies.push(format!(r#"{{"model":"mock-chat","input":[{item}]}}"#));
    }
    let house = House::new().await;
    let caller = house.caller("10").await;
    for body in &bodies {
        let error = refused(&house, &caller, RESPONSES, body, "invalid_request").await;
        assert!(error["message"].as_str().unwrap().contains("owners"), "{error}");
    }
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn an_image_call_with_an_odd_field_is_refused() {
    let members =
        [r#""n":0"#, r#""n":11"#, r#""n":-1"#, r#""n":"3""#, r#""n":2,"n":3"#, r#""size":1024"#];
    check(IMAGES, "invalid_request", &with(&members, r#""model":"mock-image","prompt":"A cat""#))
        .await;
}

#[tokio::test]
async fn an_embedding_without_a_text_is_refused() {
    let bodies = ["", r#","input":[]"#, r#","input":7"#, r#","input":["a",1]"#, r#","input":null"#];
    let bodies = bodies.map(|input| format!(r#"{{"model":"mock-embedding"{input}}}"#));
    check(EMBEDDINGS, "invalid_request", &bodies).await;
}

#[tokio::test]
async fn the_field_at_fault_is_named() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = format!(r#"{{"model":"mock-chat",{MESSAGE},"n":0}}"#);
    assert_eq!(refused(&house, &caller, CHAT, &body, "invalid_request").await["param"], "n");
    let body = format!(r#"{{"model":"mock-unheard-of",{MESSAGE}}}"#);
    assert_eq!(refused(&house, &caller, CHAT, &body, "unpriced").await["param"], "model");
}

#[tokio::test]
async fn a_body_that_is_nested_too_deep_is_refused() {
    let house = House::with(bounds("json_depth: 10")).await;
    let caller = house.caller("10").await;
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!(r#"{{"model":"mock-flat",{MESSAGE},"metadata":{open}{close}}}"#)
    };
    let request = house.client.post(house.url(CHAT)).bearer_auth(&caller.secret);
    assert_eq!(request.body(nested(10)).send().await.unwrap().status(), 200);
    refused(&house, &caller, CHAT, &nested(11), "invalid_request").await;
    refused(&house, &caller, CHAT, &nested(20_000), "invalid_request").await;
    assert_eq!(house.provider.requests().len(), 1);
}

#[tokio::test]
async fn a_header_beyond_its_bounds_is_told_so() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let get = |path: &str| house.client.get(house.url(path)).bearer_auth(&caller.secret);
    let many = (0..101).fold(get(crate::calls::MODELS), |r, n| r.header(format!("x-{n}"), "1"));
    let large = get(crate::calls::MODELS).header("x-large", "x".repeat(40 << 10));
    let long = get(&format!("{}?{}", crate::calls::MODELS, "x".repeat(9 << 10)));
    for request in [many, large, long] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 431);
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["error"]["code"], "header_too_large");
    }
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_refused() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.post(CHAT, &caller.secret, b"{\"model\":\"mock-flat\",\"messages\":\"\xff\"}").await;
    assert_eq!(wire.message().await.unwrap().status(), 400);
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "").await;
    wire.send("5\r\n{\"mod\r\nnonsense\r\n").await;
    let answer = wire.message().await.expect("the client is told");
    assert_eq!(
        (answer.status(), answer.json()["error"]["code"].as_str()),
        (400, Some("invalid_request"))
    );
    assert_eq!(house.provider.bill().requests, 0);
}
