//! Who may no longer spend does not go on: its streams are cut at their next event.

use ledger::{Ending, KeyStatus, MemberStatus};
use serde_json::{Value, json};
use store::Store;

use crate::calls::{CHAT, MESSAGES, streamed, tokens, with};
use crate::edits::{patience, policies, price};
use crate::house::House;
use crate::people::Caller;
use crate::watch::{credits, header, request_id};

/// A price of the slow model at every provider.
const SLOW: &str = "provider: anthropic, model: mock-slow, input_per_million_tokens: \"3\", \
                    output_per_million_tokens: \"15\"";

/// Starts a slow stream.
async fn stream(house: &House, caller: &Caller, path: &str) -> reqwest::Response {
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    house.post(caller, path, &body).header("x-mock-delay-ms", 300).send().await.unwrap()
}

/// Cuts a slow stream by a change; its error event.
async fn cut_by(path: &str, change: impl AsyncFnOnce(&House, &Caller)) -> Value {
    let house = House::with(|text| price(SLOW)(patience("60s")(text))).await;
    let (caller, other) = (house.caller("10").await, house.caller("10").await);
    let mut response = stream(&house, &caller, path).await;
    let beside = stream(&house, &other, path).await;
    let id = request_id(&response);
    let held: ledger::Credits = header(&response, "x-credits-held").unwrap().parse().unwrap();
    response.chunk().await.unwrap().unwrap();
    change(&house, &caller).await;
    let mut events = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        events.extend_from_slice(&chunk);
    }
    let events = String::from_utf8(events).unwrap();
    assert!(!events.contains("[DONE]") && !events.contains("message_stop"), "{events}");
    house.quiet().await;
    // The other's stream is none of that business.
    let told = house.ended(&other, &request_id(&beside)).await;
    assert_eq!(credits(&told["charged"]), tokens(5, 40));
    let released = house.metric("bursar_charged_microcredits_total").await;
    let charged = released - tokens(5, 40).micros();
    assert!((1..held.micros()).contains(&charged), "{charged}");
    assert_estimated(&house, &id, charged).await;
    let (_, last) = events.trim_end().rsplit_once("data: ").unwrap();
    let told: Value = serde_json::from_str(last).unwrap();
    assert_eq!(told["error"]["request_id"], id);
    told["error"].clone()
}

/// The request was cut by us: charged for what was relayed, as far as we could count it.
async fn assert_estimated(house: &House, id: &str, charged: u64) {
    let hold = id.parse().unwrap();
    let charge = loop {
        match house.store.charge(house.org, hold).await.unwrap() {
            Some(charge) => break charge,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!((charge.ending, charge.charged.micros()), (Ending::Estimated, charged));
}

#[tokio::test]
async fn the_streams_of_a_revoked_key_are_cut() {
    for path in [CHAT, MESSAGES] {
        let error = cut_by(path, async |house, caller| {
            house.change_key(caller, |key| key.status = KeyStatus::Revoked).await;
        })
        .await;
        assert_eq!(
            (&error["code"], &error["type"]),
            (&json!("invalid_credential"), &json!("authentication_error"))
        );
    }
}

#[tokio::test]
async fn the_streams_of_a_member_whose_access_is_removed_are_cut() {
    let error = cut_by(CHAT, async |house, caller| {
        house.change_member(caller, |member| member.status = MemberStatus::AccessRemoved).await;
    })
    .await;
    assert_eq!(
        (&error["code"], &error["type"]),
        (&json!("access_removed"), &json!("permission_error"))
    );
}

#[tokio::test]
async fn a_stream_that_is_not_to_be_cut_runs_to_its_end_and_the_next_is_refused() {
    let house = House::with(policies("cut_revoked_streams: false")).await;
    let caller = house.caller("10").await;
    let mut response = stream(&house, &caller, CHAT).await;
    response.chunk().await.unwrap().unwrap();
    house.change_key(&caller, |key| key.status = KeyStatus::Revoked).await;
    let rest = response.text().await.unwrap();
    assert!(rest.contains("[DONE]"), "{rest}");
    let refused = house.call(&caller, CHAT, &streamed("mock-slow")).await;
    assert_eq!(refused.status(), 401);
    house.quiet().await;
    assert_eq!(house.metric("bursar_charged_microcredits_total").await, tokens(5, 40).micros());
}

#[tokio::test]
async fn an_idle_stream_of_a_revoked_key_ends_when_its_provider_has_been_silent_for_too_long() {
    let house = House::with(|text| price(SLOW)(patience("400ms")(text))).await;
    let caller = house.caller("10").await;
    let body = with(streamed("mock-stall"), "max_tokens", json!(1_000));
    let mut response = house.call(&caller, CHAT, &body).await;
    let id = request_id(&response);
    response.chunk().await.unwrap().unwrap();
    house.change_key(&caller, |key| key.status = KeyStatus::Revoked).await;
    while let Ok(Some(_)) = response.chunk().await {}
    house.quiet().await;
    let charged = house.metric("bursar_charged_microcredits_total").await;
    assert_estimated(&house, &id, charged).await;
}
