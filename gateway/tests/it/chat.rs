//! A chat through the gateway is charged what the provider bills, to the micro-credit.

use serde_json::{Value, json};

use crate::calls::{CHAT, FLAT, MESSAGES, chat, priced, streamed, with};
use crate::house::House;
use crate::watch::{credits, header, request_id};

#[tokio::test]
async fn a_flat_call_is_served_and_charged_its_price() {
    let house = House::new().await;
    let caller = house.caller("3").await;
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-credits-held"), Some(FLAT));
    assert_eq!(header(&response, "x-credits-charged"), Some(FLAT));
    assert_eq!(header(&response, "x-credits-remaining"), Some("2"));
    let id = request_id(&response);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["object"], "chat.completion");
    let request = house.charged(&caller, &id, "3").await;
    assert_eq!((&request["state"], &request["charged"]), (&json!("settled"), &json!(FLAT)));
}

#[tokio::test]
async fn the_last_credit_is_spent_and_the_next_call_is_told_so() {
    let house = House::new().await;
    let caller = house.caller("2").await;
    for _ in 0..2 {
        let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap();
    }
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 402);
    assert_eq!(header(&response, "x-should-retry"), Some("false"));
    assert_eq!(header(&response, "retry-after"), None);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "credits_exhausted");
    assert_eq!(body["error"]["required"], FLAT);
    assert_eq!(body["error"]["remaining"], "0");
    assert_eq!(house.provider.bill().requests, 2);
}

#[tokio::test]
async fn a_token_priced_answer_is_charged_its_usage() {
    for path in [CHAT, MESSAGES] {
        let house = House::new().await;
        let caller = house.caller("10").await;
        let response = house.call(&caller, path, &chat("mock-chat")).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "x-credits-charged"), None, "not known before the answer");
        let id = request_id(&response);
        response.bytes().await.unwrap();
        let request = house.charged(&caller, &id, "10").await;
        assert_eq!(
            credits(&request["charged"]),
            priced(&house.provider.bill().models["mock-chat"])
        );
        assert_eq!(request["usage"]["output_tokens"], 40);
        assert_eq!(request["estimated"], false);
    }
}

#[tokio::test]
async fn a_stream_says_its_charge_before_its_last_event() {
    for (path, last) in [(CHAT, "data: [DONE]"), (MESSAGES, "event: message_stop")] {
        let house = House::new().await;
        let caller = house.caller("10").await;
        let response = house.call(&caller, path, &streamed("mock-chat")).await;
        assert_eq!(response.status(), 200, "{path}");
        let id = request_id(&response);
        let text = response.text().await.unwrap();
        let request = house.charged(&caller, &id, "10").await;
        let charged = request["charged"].as_str().unwrap();
        assert_eq!(
            credits(&request["charged"]),
            priced(&house.provider.bill().models["mock-chat"])
        );
        let (_, end) = text.split_once(&format!(": bursar charged={charged} remaining=")).unwrap();
        let (left, end) = end.split_once("\n\n").unwrap();
        assert_eq!(left.parse(), Ok(house.remaining(&caller).await));
        assert!(end.starts_with(last), "{text}");
    }
}

#[tokio::test]
async fn the_usage_of_a_stream_is_shown_only_to_who_asked_for_it() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let asking = with(streamed("mock-chat"), "stream_options", json!({"include_usage": true}));
    for (body, shown) in [(streamed("mock-chat"), false), (asking, true)] {
        let text = house.call(&caller, CHAT, &body).await.text().await.unwrap();
        assert_eq!(text.contains("\"choices\":[]"), shown, "{text}");
        assert_eq!(house.forwarded()["stream_options"]["include_usage"], true);
    }
}
