//! Credits that are merely held are waited for: in the end there is a yes, or a reason.

use ledger::KeyStatus;
use reqwest::StatusCode;
use serde_json::Value;

use crate::calls::{CHAT, chat};
use crate::edits::{bounds, patience, price};
use crate::house::House;
use crate::people::Caller;
use crate::watch::header;

/// A house in which a caller has a single credit, and a call that holds it until it is dropped.
struct Busy {
    house: House,
    caller: Caller,
    running: tokio::task::JoinHandle<reqwest::Response>,
}

/// `mock-slow` at the price of a flat call, answering after so many milliseconds.
async fn busy(hold_wait: &str, delay_ms: u64) -> Busy {
    let house = House::with(|text| {
        let text = price("provider: openai, model: \"mock-slow:9\", per_request: \"1\"")(text);
        patience("60s")(bounds(&format!("hold_wait: {hold_wait}"))(text))
    })
    .await;
    let caller = house.caller("1").await;
    let call = house.post(&caller, CHAT, &chat("mock-slow:9"));
    let call = call.header("x-mock-delay-ms", delay_ms).send();
    let running = tokio::spawn(async { call.await.unwrap() });
    house.provider.requests_when(|requests| !requests.is_empty()).await;
    Busy { house, caller, running }
}

#[tokio::test]
async fn a_call_waits_for_what_a_running_one_gives_back() {
    let house = House::with(bounds("hold_wait: 60s")).await;
    let (held, cost) = house.measure(CHAT, &chat("mock-chat")).await;
    let caller = house.caller(&held.saturating_add(cost).to_string()).await;
    let slow = |delay_ms: u64| {
        house.post(&caller, CHAT, &chat("mock-slow")).header("x-mock-delay-ms", delay_ms).send()
    };
    let first = tokio::spawn(slow(300));
    house.provider.requests_when(|requests| requests.len() == 2).await;
    let second = slow(1).await.unwrap();
    assert_eq!(
        (first.await.unwrap().unwrap().status(), second.status()),
        (StatusCode::OK, StatusCode::OK)
    );
}

#[tokio::test]
async fn a_wait_that_runs_out_is_told_credits_held_and_when_to_come_again() {
    let Busy { house, caller, running } = busy("50ms", 60_000).await;
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 429);
    let after: u32 = header(&response, "retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&after));
    assert_eq!(header(&response, "x-should-retry"), None);
    let error = response.json::<Value>().await.unwrap()["error"].take();
    assert_eq!(error["code"], "credits_held");
    assert_eq!(error["retryable"], true);
    assert_eq!(
        (&error["required"], &error["held"], &error["remaining"]),
        (&"1".into(), &"1".into(), &"1".into())
    );
    running.abort();
}

#[tokio::test]
async fn a_waiting_call_passes_when_credits_are_granted() {
    let Busy { house, caller, running } = busy("60s", 60_000).await;
    let call = house.post(&caller, CHAT, &chat("mock-flat")).send();
    let call = tokio::spawn(async { call.await.unwrap() });
    house.waiting(1).await;
    house.grant(&caller, "1").await;
    assert_eq!(call.await.unwrap().status(), 200);
    running.abort();
}

#[tokio::test]
async fn a_waiting_call_is_told_at_once_that_its_key_was_revoked() {
    let Busy { house, caller, running } = busy("60s", 60_000).await;
    let call = house.post(&caller, CHAT, &chat("mock-flat")).send();
    let call = tokio::spawn(async { call.await.unwrap() });
    house.waiting(1).await;
    house.change_key(&caller, |key| key.status = KeyStatus::Revoked).await;
    assert_eq!(call.await.unwrap().status(), 401);
    running.abort();
}

#[tokio::test]
async fn a_waiting_call_is_refused_when_what_it_waits_for_is_spent() {
    let Busy { house, caller, running } = busy("60s", 200).await;
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 402);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "credits_exhausted");
    assert_eq!(running.await.unwrap().status(), 200);
    assert_eq!(house.provider.bill().requests, 1);
}
