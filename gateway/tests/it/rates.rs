//! Who may call so often calls no more often, whatever becomes of the calls.

use std::num::NonZeroU32;

use gateway::Clock;
use ledger::{KeyStatus, Scope};
use reqwest::Response;
use serde_json::{Value, json};
use store::{Rates, Store};

use crate::calls::{CHAT, MESSAGES, MODELS, chat, streamed, with};
use crate::edits::{patience, price};
use crate::house::{House, organisation};
use crate::people::{Caller, member_row};
use crate::watch::header;
use crate::wire::{Wire, WireProvider, behind, json_answer};

fn per_minute(n: u32) -> Rates {
    Rates { per_minute: NonZeroU32::new(n), ..Rates::default() }
}

fn concurrent(n: u32) -> Rates {
    Rates { concurrent: NonZeroU32::new(n), ..Rates::default() }
}

/// Bounds the calls of a key, a member or the organisation from now on.
async fn bound(house: &House, caller: &Caller, scope: &str, rates: Rates) -> Scope {
    let scope = match scope {
        "key" => {
            house.store.put_key(&store::Key { rates, ..house.key(caller) }, None).await.unwrap();
            Scope::Key(caller.key)
        }
        "member" => {
            let row = member_row(house.org, caller.member, None);
            house.store.put_member(&store::Member { rates, ..row }).await.unwrap();
            Scope::Member(caller.member)
        }
        _ => {
            let org = organisation(house.org);
            house.store.put_org(&store::Org { rates, ..org }).await.unwrap();
            Scope::Org
        }
    };
    house.take_in().await;
    scope
}

async fn flat(house: &House, caller: &Caller) -> Response {
    house.call(caller, CHAT, &chat("mock-flat")).await
}

/// The machine block of a refusal for calling too often.
async fn refused(response: Response) -> Value {
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "x-should-retry"), None);
    let told: Value = response.json().await.unwrap();
    let error = told["error"].clone();
    assert_eq!((&error["code"], &error["retryable"]), (&json!("rate_limited"), &json!(true)));
    error
}

/// Waits until no request is there, however it has gone away.
async fn nobody(house: &House) {
    while house.metric("bursar_requests_running").await != 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_scope_is_bounded_and_told_so() {
    for kind in ["key", "member", "org"] {
        let house = House::new().await;
        let (caller, other) = (house.caller("10").await, house.caller("10").await);
        let scope = bound(&house, &caller, kind, per_minute(2)).await;
        for left in [1, 0] {
            let response = flat(&house, &caller).await;
            assert_eq!(response.status(), 200);
            let policy = format!("\"{kind}-per_minute\";q=2;qu=\"requests\";w=60");
            assert_eq!(header(&response, "ratelimit-policy"), Some(&*policy));
            let told = header(&response, "ratelimit").unwrap();
            assert!(told.starts_with(&format!("\"{kind}-per_minute\";r={left};t=")), "{told}");
        }
        let response = flat(&house, &caller).await;
        let after: u32 = header(&response, "retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&after), "{after}");
        let left = format!("\"{kind}-per_minute\";r=0;t={after}");
        assert_eq!(header(&response, "ratelimit"), Some(&*left));
        assert!(header(&response, "ratelimit-policy").is_some());
        let error = refused(response).await;
        let id = match scope {
            Scope::Key(id) => json!(id.to_string()),
            Scope::Member(id) => json!(id.to_string()),
            _ => Value::Null,
        };
        assert_eq!((&error["scope"], &error["scope_id"]), (&json!(kind), &id));
        assert_eq!(error["rate"], json!({"bound": "per_minute", "limit": 2}));
        assert!(error["ask"].is_string() && error["limit"].is_null(), "{error}");
        assert_eq!(house.provider.bill().models["mock-flat"].answered, 2);
        // What is the organisation's is everybody's.
        let others = flat(&house, &other).await.status();
        assert_eq!(others, if kind == "org" { 429 } else { 200 });
        house.clock.not_before(house.clock.now().plus_micros(60_000_000));
        assert_eq!(flat(&house, &caller).await.status(), 200);
    }
}

#[tokio::test]
async fn of_many_calls_within_a_second_one_passes() {
    let house = House::new().await;
    let caller = house.caller("1000").await;
    let rates = Rates { per_second: NonZeroU32::new(1), ..Rates::default() };
    for kind in ["key", "member", "org"] {
        bound(&house, &caller, kind, rates).await;
        let mut told = Vec::new();
        while told.len() < 100 {
            let response = flat(&house, &caller).await;
            if response.status() == 429 {
                assert_eq!(header(&response, "retry-after"), Some("1"));
                told.push(refused(response).await["rate"]["bound"].clone());
                break;
            }
            told.push(Value::Null);
        }
        assert_eq!(told.last(), Some(&json!("per_second")));
        bound(&house, &caller, kind, Rates::default()).await;
        assert_eq!(header(&flat(&house, &caller).await, "ratelimit"), None);
    }
}

#[tokio::test]
async fn every_call_of_a_provider_counts_and_ones_own_affairs_do_not() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    bound(&house, &caller, "member", per_minute(4)).await;
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    let unpriced = house.call(&caller, CHAT, &chat("mock-unheard-of")).await;
    assert_eq!(unpriced.status(), 400);
    let misnamed = house.post(&caller, CHAT, &chat("mock-flat")).header("x-bursar-project", "x");
    assert_eq!(misnamed.send().await.unwrap().status(), 400);
    assert_eq!(house.call(&caller, "/openai/v1/nothing", &json!({})).await.status(), 404);
    for _ in 0..5 {
        assert_eq!(house.get(&caller, "/bursar/v1/balance").await.status(), 200);
    }
    assert_eq!(flat(&house, &caller).await.status(), 200);
    for path in [CHAT, MESSAGES] {
        let error = refused(house.call(&caller, path, &chat("mock-flat")).await).await;
        assert_eq!(error["type"], "rate_limit_error");
    }
    assert_eq!(house.get(&caller, MODELS).await.status(), 429);
    assert_eq!(house.get(&caller, "/bursar/v1/balance").await.status(), 200);
}

#[tokio::test]
async fn a_credential_that_opens_nothing_uses_up_nothing() {
    let house = House::new().await;
    let (caller, blocked) = (house.caller("10").await, house.caller("10").await);
    bound(&house, &caller, "org", per_minute(1)).await;
    house.change_key(&blocked, |key| key.status = KeyStatus::Blocked).await;
    for _ in 0..3 {
        assert_eq!(flat(&house, &blocked).await.status(), 403);
    }
    assert_eq!(flat(&house, &caller).await.status(), 200);
}

/// Sends a call that the provider has received when this returns, and will not answer soon.
async fn begun(house: &House, caller: &Caller, body: &Value, delay: &str) -> Wire {
    let before = house.provider.requests().len();
    let (mut wire, body) = (Wire::to(house.gateway.address()).await, body.to_string());
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\nx-mock-delay-ms: {delay}\r\n\
         content-length: {}\r\n\r\n{body}",
        caller.secret,
        body.len()
    );
    wire.send(head).await;
    house.provider.requests_when(|requests| requests.len() > before).await;
    wire
}

async fn slow_house() -> House {
    let slow = "provider: openai, model: \"mock-slow:40\", per_request: \"1\"";
    House::with(|text| price(slow)(patience("60s")(text))).await
}

#[tokio::test]
async fn a_place_is_free_however_its_call_ends() {
    let house = slow_house().await;
    let caller = house.caller("1000").await;
    for kind in ["key", "member", "org"] {
        bound(&house, &caller, kind, concurrent(1)).await;
        // Its client leaves before the first byte, or in a stream.
        let slow = with(streamed("mock-slow"), "max_tokens", json!(1_000));
        for body in [&chat("mock-slow:40"), &slow] {
            let mut wire = begun(&house, &caller, body, "200").await;
            let response = flat(&house, &caller).await;
            assert_eq!(header(&response, "retry-after"), Some("1"));
            let one = format!("\"{kind}-concurrent\";q=1;qu=\"concurrent-requests\"");
            assert_eq!(header(&response, "ratelimit-policy"), Some(&*one));
            let error = refused(response).await;
            assert_eq!(error["rate"], json!({"bound": "concurrent", "limit": 1}));
            if *body == slow {
                wire.head().await.unwrap();
                wire.chunk().await.unwrap();
            }
            drop(wire);
            nobody(&house).await;
        }
        // It is refused further on, or fails at its provider.
        for (model, status) in [("mock-unheard-of", 400), ("mock-error-500", 500)] {
            assert_eq!(house.call(&caller, CHAT, &chat(model)).await.status(), status);
        }
        assert_eq!(flat(&house, &caller).await.status(), 200);
        bound(&house, &caller, kind, Rates::default()).await;
    }
}

#[tokio::test]
async fn who_has_read_an_answer_to_its_end_may_call_again() {
    let house = House::new().await;
    let caller = house.caller("1000").await;
    bound(&house, &caller, "key", concurrent(1)).await;
    for n in 0..40 {
        // Another connection each time, which is not served by the same task.
        let client = reqwest::Client::new();
        let body = if n % 2 == 0 { chat("mock-chat") } else { streamed("mock-chat") };
        let call = client.post(house.url(CHAT)).bearer_auth(&caller.secret).json(&body);
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 200, "call {n}");
        response.bytes().await.unwrap();
    }
}

#[tokio::test]
async fn a_bound_that_is_lowered_counts_the_calls_that_run() {
    let house = slow_house().await;
    let caller = house.caller("1000").await;
    let body = chat("mock-slow:40");
    bound(&house, &caller, "key", concurrent(3)).await;
    let first = begun(&house, &caller, &body, "50000").await;
    let second = begun(&house, &caller, &body, "50000").await;
    assert_eq!(flat(&house, &caller).await.status(), 200);
    bound(&house, &caller, "key", concurrent(2)).await;
    assert_eq!(refused(flat(&house, &caller).await).await["rate"]["limit"], 2);
    bound(&house, &caller, "key", concurrent(1)).await;
    drop(first);
    while house.metric("bursar_requests_running").await != 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(flat(&house, &caller).await.status(), 429);
    drop(second);
    nobody(&house).await;
    assert_eq!(flat(&house, &caller).await.status(), 200);
}

#[tokio::test]
async fn the_providers_own_rates_are_none_of_the_clients() {
    let provider = WireProvider::start(|mut wire| async move {
        while wire.message().await.is_some() {
            let answer = json_answer(r#"{"object": "list", "data": []}"#);
            let theirs = "\r\nratelimit: \"default\";r=1;t=1\r\nratelimit-policy: \"default\";q=9;w=1\r\n\r\n";
            wire.send(answer.replacen("\r\n\r\n", theirs, 1)).await;
        }
    })
    .await;
    let house = House::with(behind(&provider)).await;
    let caller = house.caller("10").await;
    let response = house.get(&caller, MODELS).await;
    assert_eq!((response.status().as_u16(), header(&response, "ratelimit")), (200, None));
    assert_eq!(header(&response, "ratelimit-policy"), None);
    bound(&house, &caller, "key", per_minute(9)).await;
    let response = house.get(&caller, MODELS).await;
    assert!(header(&response, "ratelimit").unwrap().starts_with("\"key-per_minute\";r=8;t="));
}
