//! A body of any size is priced before any of it is sent on, and sent on as it came.

use serde_json::json;

use crate::calls::{CHAT, MESSAGES, priced};
use crate::house::House;
use crate::sized::{KEPT, chunked, megabyte, plain, sized};
use crate::watch::{credits, micros};
use crate::wire::{Wire, WireProvider, behind, json_answer};

#[tokio::test]
async fn a_chat_of_a_megabyte_is_charged_what_the_provider_bills() {
    for (path, stream) in [(CHAT, false), (CHAT, true), (MESSAGES, false), (MESSAGES, true)] {
        let house = House::new().await;
        let caller = house.caller("100").await;
        let body = serde_json::to_vec(&megabyte(path, stream)).unwrap();
        let mut spent = micros(0);
        for in_chunks in [false, true] {
            let answer = if in_chunks {
                chunked(&house, &caller, path, &body).await
            } else {
                plain(&house, &caller, path, &body).await
            };
            assert_eq!((answer.status(), answer.whole), (200, true), "{answer:?}");
            let request = house.ended(&caller, answer.header("x-request-id").unwrap()).await;
            spent = spent.saturating_add(credits(&request["charged"]));
            assert_eq!(request["estimated"], false);
            let seen = house.provider.requests().pop().unwrap();
            assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
            assert_eq!(seen.header("content-length"), None);
            assert!(seen.complete);
        }
        assert_eq!(spent, priced(&house.provider.bill().models["mock-chat"]));
        assert_eq!(house.provider.bill().models["mock-chat"].input_tokens, 2 * ((1 << 18) + 3));
        house.quiet().await;
        house.assert_spent(&caller, "100", spent).await;
    }
}

#[tokio::test]
async fn a_large_body_is_forwarded_as_it_came_with_one_field_more() {
    let (seen, mut arrived) = tokio::sync::mpsc::channel(8);
    let provider = WireProvider::start(move |mut wire| {
        let seen = seen.clone();
        async move {
            while let Some(request) = wire.message().await {
                seen.send(request).await.unwrap();
                wire.send(json_answer(
                    r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
                ))
                .await;
            }
        }
    })
    .await;
    let house = House::with(behind(&provider)).await;
    let caller = house.caller("100").await;
    let body = serde_json::to_vec(&megabyte(CHAT, false)).unwrap();
    let expected = [b"{\"max_completion_tokens\":4096,", &body[1..]].concat();
    assert_eq!(plain(&house, &caller, CHAT, &body).await.status(), 200);
    assert!(arrived.recv().await.unwrap().body == expected);
    assert_eq!(chunked(&house, &caller, CHAT, &body).await.status(), 200);
    assert!(arrived.recv().await.unwrap().body == expected);
    // A body without anything to add is the same to the byte.
    let body = sized(KEPT + 1);
    assert_eq!(plain(&house, &caller, CHAT, &body).await.status(), 200);
    assert!(arrived.recv().await.unwrap().body == body);
}

#[tokio::test]
async fn sixty_four_kibibytes_are_one_body_like_any_other() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let mut calls = 0;
    for bytes in [KEPT - 1, KEPT, KEPT + 1] {
        let body = sized(bytes);
        for answer in
            [plain(&house, &caller, CHAT, &body).await, chunked(&house, &caller, CHAT, &body).await]
        {
            assert_eq!((answer.status(), answer.whole), (200, true), "{bytes}");
            let seen = house.provider.requests().pop().unwrap();
            assert_eq!(seen.body_len, bytes);
            calls += 1;
        }
    }
    house.quiet().await;
    house.assert_spent(&caller, "10", micros(calls * 1_000_000)).await;
}

#[tokio::test]
async fn sixty_four_kibibytes_that_grow_by_a_field_are_no_different() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for bytes in [KEPT - 10, KEPT, KEPT + 1] {
        let mut body = megabyte(CHAT, true);
        body["messages"][0]["content"] = json!("");
        let empty = serde_json::to_vec(&body).unwrap().len();
        body["messages"][0]["content"] = json!("x".repeat(bytes - empty));
        let answer = plain(&house, &caller, CHAT, &serde_json::to_vec(&body).unwrap()).await;
        assert_eq!((answer.status(), answer.whole), (200, true), "{bytes}");
        let seen = house.provider.requests().pop().unwrap();
        assert!(seen.body.starts_with(br#"{"max_completion_tokens":100000,"#), "{bytes}");
        assert!(seen.complete && seen.body_len > bytes);
    }
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_let() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    for body in [sized(100), sized(KEPT + 1)] {
        wire.begin_post(CHAT, &caller.secret, "expect: 100-continue\r\n").await;
        assert_eq!(wire.head().await.unwrap().status(), 100);
        wire.send_chunked(&body, 10_000).await;
        let a = wire.message().await;
        eprintln!("{a:?}");
        let seen = house.provider.requests().pop().unwrap();
        assert_eq!((seen.header("expect"), seen.body_len), (None, body.len()));
    }
}
