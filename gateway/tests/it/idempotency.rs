//! Of two calls with one key one runs, and the other is told what became of it: charged once.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::calls::{CHAT, FLAT, MESSAGES, MODELS, RESPONSES, chat, streamed, with};
use crate::edits::{patience, price};
use crate::house::House;
use crate::people::Caller;
use crate::watch::{header, micros, request_id};
use crate::wire::Wire;

pub(crate) const KEY: &str = "idempotency-key";

/// What a call with a key was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) id: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) should_retry: Option<String>,
    /// The error's object, if it is one.
    pub(crate) error: Value,
}

impl Told {
    /// Checks that it is a no of this code, and whether it may be repeated.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str, retryable: bool) {
        assert_eq!((self.status, &self.error["code"]), (status, &json!(code)), "{self:?}");
        assert_eq!(self.error["retryable"], retryable);
        assert_eq!(self.should_retry.as_deref(), (!retryable).then_some("false"));
        assert_eq!(self.retry_after.is_some(), retryable);
    }
}

impl House {
    /// A call with a key, and its answer to the end.
    pub(crate) async fn keyed(&self, caller: &Caller, path: &str, body: &Value, key: &str) -> Told {
        let response = self.post(caller, path, body).header(KEY, key).send().await.unwrap();
        let text = |name| header(&response, name).map(str::to_owned);
        let (status, id) = (response.status().as_u16(), request_id(&response));
        let (retry_after, should_retry) = (text("retry-after"), text("x-should-retry"));
        let body = response.bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        Told { status, id, retry_after, should_retry, error: body["error"].clone() }
    }
}

/// A body of more than the retry buffer holds.
pub(crate) fn large(body: Value) -> Value {
    with(body, "user", json!("x".repeat(100_000)))
}

#[tokio::test]
async fn a_second_call_is_told_status_and_charge_of_the_first_and_reaches_no_provider() {
    let response = json!({"model": "mock-chat", "input": "Hi", "max_output_tokens": 64});
    for (path, body) in [
        (CHAT, chat("mock-flat")),
        (CHAT, streamed("mock-chat")),
        (CHAT, large(chat("mock-chat"))),
        (RESPONSES, response),
        (MESSAGES, chat("mock-flat")),
        (MESSAGES, streamed("mock-chat")),
    ] {
        let house = House::new().await;
        let caller = house.caller("10").await;
        let first = house.keyed(&caller, path, &body, "k").await;
        assert_eq!(first.status, 200, "{first:?}");
        let request = house.charged(&caller, &first.id, "10").await;
        let expected =
            json!({"request_id": first.id, "status": 200, "charged": request["charged"]});
        for _ in 0..2 {
            let second = house.keyed(&caller, path, &body, "k").await;
            second.is_refused(409, "idempotency_finished", false);
            assert_eq!(second.error["first"], expected);
            assert_ne!(second.id, first.id);
        }
        // And so it is after a restart, from the store.
        let house = house.restarted().await;
        let second = house.keyed(&caller, path, &body, "k").await;
        second.is_refused(409, "idempotency_finished", false);
        assert_eq!(second.error["first"], expected);
        assert_eq!(house.provider.bill().requests, 1);
        assert_eq!(house.keyed(&caller, path, &body, "another").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_calls_at_once_with_one_key_exactly_one_reaches_the_provider() {
    let house = Arc::new(House::new().await);
    let caller = Arc::new(house.caller("50").await);
    for (path, body) in [(CHAT, chat("mock-flat")), (MESSAGES, large(chat("mock-flat")))] {
        let before = house.provider.bill().requests;
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let (house, caller, body) = (house.clone(), caller.clone(), body.clone());
                tokio::spawn(async move { house.keyed(&caller, path, &body, path).await })
            })
            .collect();
        let (mut served, mut named) = (Vec::new(), Vec::new());
        for call in calls {
            let told = call.await.unwrap();
            match told.error["code"].as_str() {
                None if told.status == 200 => served.push(json!(told.id)),
                Some("idempotency_running" | "idempotency_finished") => {
                    named.push(told.error["first"]["request_id"].clone());
                }
                _ => panic!("{told:?}"),
            }
        }
        assert_eq!((served.len(), named.len()), (1, 49));
        assert!(named.iter().all(|first| *first == served[0]));
        assert_eq!(house.provider.bill().requests, before + 1);
    }
    house.quiet().await;
    house.assert_spent(&caller, "50", micros(2_000_000)).await;
}

#[tokio::test]
async fn while_the_first_call_runs_the_second_is_told_its_name_and_when_to_ask_again() {
    let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"1\"";
    for path in [CHAT, MESSAGES] {
        let anthropic = slow.replace("openai", "anthropic");
        let edit = |text| price(&anthropic)(price(slow)(patience("60s")(text)));
        let house = Arc::new(House::with(edit).await);
        let caller = Arc::new(house.caller("10").await);
        let first = house.post(&caller, path, &chat("mock-slow:9")).header(KEY, "k");
        let first = tokio::spawn(first.header("x-mock-delay-ms", 50_000).send());
        house.provider.requests_when(|requests| requests.len() == 1).await;
        let second = house.keyed(&caller, path, &chat("mock-slow:9"), "k").await;
        second.is_refused(409, "idempotency_running", true);
        assert_eq!(second.retry_after.as_deref(), Some("5"));
        let named = &second.error["first"];
        assert_eq!((&named["status"], &named["charged"]), (&Value::Null, &Value::Null));
        let id = named["request_id"].as_str().unwrap();
        assert_eq!(house.request(&caller, id).await["state"], "running");
        // It asks for something else: that it runs is not what is wrong.
        let other = house.keyed(&caller, path, &chat("mock-flat"), "k").await;
        other.is_refused(422, "idempotency_mismatch", false);
        first.abort();
        house.quiet().await;
        // Its client left before the first byte: nothing came of it, and the key is free.
        assert_eq!(house.keyed(&caller, path, &chat("mock-flat"), "k").await.status, 200);
        house.quiet().await;
        house.assert_spent(&caller, "10", micros(1_000_000)).await;
    }
}

#[tokio::test]
async fn another_body_or_route_under_the_same_key_is_refused_and_tells_nothing() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = chat("mock-flat");
    assert_eq!(house.keyed(&caller, CHAT, &body, "k").await.status, 200);
    let queried = format!("{CHAT}?beta=true");
    for (path, body) in [
        (CHAT, with(body.clone(), "max_tokens", json!(65))),
        (CHAT, large(body.clone())),
        (MESSAGES, body.clone()),
        (&*queried, body.clone()),
    ] {
        let other = house.keyed(&caller, path, &body, "k").await;
        other.is_refused(422, "idempotency_mismatch", false);
        assert_eq!(other.error["first"], Value::Null);
    }
    assert_eq!(house.provider.bill().requests, 1);
    house.assert_spent(&caller, "10", micros(1_000_000)).await;
}

#[tokio::test]
async fn the_same_key_of_another_member_is_another_key() {
    let house = House::new().await;
    for _ in 0..3 {
        let caller = house.caller("10").await;
        assert_eq!(house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await.status, 200);
    }
    assert_eq!(house.provider.bill().requests, 3);
}

#[tokio::test]
async fn who_spent_the_last_credit_is_told_of_that_and_not_of_an_empty_balance() {
    for body in [chat("mock-flat"), large(chat("mock-flat"))] {
        let house = House::new().await;
        let caller = house.caller(FLAT).await;
        assert_eq!(house.keyed(&caller, CHAT, &body, "k").await.status, 200);
        let second = house.keyed(&caller, CHAT, &body, "k").await;
        second.is_refused(409, "idempotency_finished", false);
        house.keyed(&caller, CHAT, &body, "l").await.is_refused(402, "credits_exhausted", false);
    }
}

#[tokio::test]
async fn a_stream_that_broke_off_has_used_its_key_up() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = streamed("mock-cut-stream");
    let mut first = house.post(&caller, CHAT, &body).header(KEY, "k").send().await.unwrap();
    let id = request_id(&first);
    while let Ok(Some(_)) = first.chunk().await {}
    let request = house.charged(&caller, &id, "10").await;
    assert_eq!(request["estimated"], true);
    let second = house.keyed(&caller, CHAT, &body, "k").await;
    second.is_refused(409, "idempotency_finished", false);
    let expected = json!({"request_id": id, "status": 200, "charged": request["charged"]});
    assert_eq!(second.error["first"], expected);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_before_the_body_is_read() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let long = "k".repeat(256);
    for path in [CHAT, MESSAGES] {
        for keys in ["", "two words", "k\u{e9}y", &long, "a\r\nidempotency-key: b"] {
            let mut wire = Wire::to(house.gateway.address()).await;
            let head = format!("idempotency-key: {keys}\r\nexpect: 100-continue\r\n");
            wire.begin_post(path, &caller.secret, &head).await;
            let answer = wire.message().await.unwrap();
            assert_eq!(answer.status(), 400, "{keys}");
            let error = &answer.json()["error"];
            assert_eq!(error["code"], "invalid_request");
            assert!(error["message"].as_str().unwrap().contains("idempotency key"), "{error}");
        }
    }
    assert_eq!(house.provider.bill().requests, 0);
}

#[tokio::test]
async fn a_key_on_a_route_without_a_price_says_nothing() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    for key in ["k", "k", "not a key"] {
        let request = house.client.get(house.url(MODELS)).bearer_auth(&caller.secret);
        assert_eq!(request.header(KEY, key).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn no_provider_sees_a_key() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for (path, body) in [(CHAT, chat("mock-flat")), (MESSAGES, large(chat("mock-flat")))] {
        assert_eq!(house.keyed(&caller, path, &body, path).await.status, 200);
    }
    let request = house.client.get(house.url(MODELS)).bearer_auth(&caller.secret);
    request.header(KEY, "k").send().await.unwrap();
    let seen = house.provider.requests();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| request.header(KEY).is_none()));
}
