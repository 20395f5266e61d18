//! A gateway that is killed has lost nothing: what was answered is charged once, what was not is not
//! charged at all, and nothing stays held.

use std::time::Duration;

use gateway::{Clock, Recovered};
use journal::Options;
use ledger::{Credits, Instant, Scope};
use serde_json::{Value, json};
use store::Audit;

use crate::calls::{CHAT, FLAT, chat, streamed, tokens, with};
use crate::edits::{patience, price};
use crate::flaky::Reach;
use crate::house::{House, small};
use crate::idempotency::KEY;
use crate::watch::{credits, header, micros, request_id};

const FLAT_STALL: &str = r#"provider: openai, model: "mock-stall:9", per_request: "1""#;

/// Reads a stream until it has said something.
async fn begun(response: &mut reqwest::Response) {
    let mut events = String::new();
    while !events.contains("Credits") {
        events += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
    }
}

/// The tokens that a body is counted as.
fn counted(body: &Value) -> u64 {
    u64::try_from(serde_json::to_vec(body).unwrap().len()).unwrap().div_ceil(3)
}

impl House {
    /// How the store has every charge.
    async fn charges(&self) -> Vec<(String, String)> {
        let charges = self.store.charges(self.org).await.unwrap();
        charges.iter().map(|it| (it.hold.to_string(), it.charged.to_string())).collect()
    }

    /// Nothing is leased but to the gateway that runs.
    async fn assert_no_earlier_leases(&self) {
        for account in self.store.accounts(self.org).await.unwrap() {
            let epochs: Vec<_> = account.leases.iter().map(|(_, epoch, _)| epoch.0).collect();
            assert!(epochs.iter().all(|epoch| *epoch == 2), "{account:?}");
        }
    }
}

#[tokio::test]
async fn whole_answers_that_the_store_was_never_told_of_are_charged_once() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.limit(Scope::Member(caller.member), "5").await;
    house.balance(&caller).await;
    house.reach(Reach::NoSync);
    let mut ids = Vec::new();
    for body in [chat("mock-flat"), chat("mock-chat"), streamed("mock-chat"), chat("mock-flat")] {
        let response = house.call(&caller, CHAT, &body).await;
        assert_eq!(response.status(), 200);
        ids.push(request_id(&response));
        response.bytes().await.unwrap();
    }
    let mut told = Vec::new();
    for id in &ids {
        told.push(house.ended(&caller, id).await);
    }
    let balance = house.balance(&caller).await;
    assert_eq!(house.charges().await, []);

    let house = house.crashed().await;
    assert_eq!(house.charges().await.len(), 4);
    for (id, told) in ids.iter().zip(told) {
        assert_eq!(house.request(&caller, id).await, told);
    }
    assert_eq!(house.balance(&caller).await, balance);
    assert_eq!(house.gateway.recovered().indeterminate, 0);
    house.assert_no_earlier_leases().await;
}

#[tokio::test]
async fn a_sync_whose_answer_was_lost_is_not_booked_again() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.balance(&caller).await;
    house.reach(Reach::NoAcknowledgement);
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap();
    // The store has it, and the gateway was never told.
    while house.charges().await.is_empty() {
        tokio::task::yield_now().await;
    }
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    response.bytes().await.unwrap();
    house.quiet().await;
    let house = house.crashed().await;
    assert_eq!(house.charges().await.len(), 2);
    house.assert_spent(&caller, "10", micros(2_000_000)).await;
    // And once more, from what is left of both starts.
    let house = house.crashed().await;
    assert_eq!(house.charges().await.len(), 2);
    house.assert_spent(&caller, "10", micros(2_000_000)).await;
}

#[tokio::test]
async fn a_call_that_was_never_answered_is_not_charged_and_holds_nothing() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    let call = house.post(&caller, CHAT, &chat("mock-silent")).send();
    let call = tokio::spawn(call);
    house.provider.requests_when(|requests| requests.len() == 1).await;
    let house = house.crashed().await;
    let Recovered { indeterminate, released, charged, .. } = house.gateway.recovered();
    assert_eq!((indeterminate, released, charged), (0, 1, Credits::ZERO));
    assert_eq!(house.charges().await[0].1, "0");
    house.assert_spent(&caller, "10", Credits::ZERO).await;
    house.assert_no_earlier_leases().await;
    call.abort();
}

#[tokio::test]
async fn an_answer_that_has_begun_is_charged_what_was_known_and_flagged() {
    let house = House::with(|text| price(FLAT_STALL)(patience("60s")(text))).await;
    let caller = house.caller("10").await;
    let (by_token, flat) = (streamed("mock-stall"), streamed("mock-stall:9"));
    let (mut first, mut second) =
        (house.call(&caller, CHAT, &by_token).await, house.call(&caller, CHAT, &flat).await);
    begun(&mut first).await;
    begun(&mut second).await;
    let ids = [request_id(&first), request_id(&second)];
    let house = house.crashed().await;
    // The input by the token, the flat price by the call.
    let expected = [tokens(counted(&by_token), 0), FLAT.parse().unwrap()];
    let mut sum = Credits::ZERO;
    for (id, expected) in ids.iter().zip(expected) {
        let request = house.request(&caller, id).await;
        assert_eq!(
            (&request["state"], &request["indeterminate"]),
            (&json!("settled"), &json!(true))
        );
        assert_eq!(credits(&request["charged"]), expected, "{request}");
        sum = sum.saturating_add(expected);
    }
    assert_eq!(house.gateway.recovered().charged, sum);
    house.assert_spent(&caller, "10", sum).await;
}

#[tokio::test]
async fn a_long_stream_is_charged_by_its_last_progress_however_old_its_hold_is() {
    let slow = r#"provider: openai, model: "mock-slow:4000", input_per_million_tokens: "3", output_per_million_tokens: "15", max_output_tokens: 4096"#;
    let journal = Options { segment_bytes: 64 << 10, ..small() };
    let house = House::with_journal(|text| price(slow)(patience("60s")(text)), journal).await;
    let (caller, other) = (house.caller("10").await, house.caller("1000").await);
    let body = with(streamed("mock-slow:4000"), "max_tokens", json!(4_000));
    let call = house.post(&caller, CHAT, &body).header("x-mock-delay-ms", 20);
    let mut response = call.send().await.unwrap();
    let id = request_id(&response);
    let mut said = 0;
    // A thousand tokens and more are relayed, and so written down.
    while said < 250_000 {
        said += response.chunk().await.unwrap().unwrap().len();
    }
    // Thousands of records later, its hold is in a segment that is long gone from the first.
    for _ in 0..300 {
        house.call(&other, CHAT, &chat("mock-flat")).await.bytes().await.unwrap();
    }
    let house = house.crashed().await;
    let segments = std::fs::read_dir(house.journal_folder()).unwrap().count();
    assert!(segments > 4, "{segments}");
    let request = house.request(&caller, &id).await;
    assert_eq!(request["indeterminate"], json!(true));
    let output = request["usage"]["output_tokens"].as_u64().unwrap();
    assert!((1_000..4_000).contains(&output), "{request}");
    assert_eq!(credits(&request["charged"]), tokens(counted(&body), output));
    assert!(credits(&request["charged"]) <= credits(&request["held"]));
    house.assert_spent(&caller, "10", credits(&request["charged"])).await;
}

#[tokio::test]
async fn a_crash_in_recovery_repeats_nothing() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    let mut response = house.call(&caller, CHAT, &streamed("mock-stall")).await;
    begun(&mut response).await;
    let id = request_id(&response);
    let house = house.crashed().await;
    let told = house.request(&caller, &id).await;
    let charged = credits(&told["charged"]);
    let mut house = house;
    for _ in 0..2 {
        house = house.crashed().await;
        assert_eq!(house.gateway.recovered(), Recovered::default());
        assert_eq!(house.request(&caller, &id).await, told);
        house.assert_spent(&caller, "10", charged).await;
    }
}

#[tokio::test]
async fn an_idempotency_key_outlives_the_gateway_that_took_it() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    house.balance(&caller).await;
    house.reach(Reach::NoSync);
    let keyed = |body: &Value, key: &str| house.post(&caller, CHAT, body).header(KEY, key);
    let finished = keyed(&chat("mock-flat"), "finished").send().await.unwrap();
    let first = request_id(&finished);
    finished.bytes().await.unwrap();
    let silent = tokio::spawn(keyed(&chat("mock-silent"), "silent").send());
    house.provider.requests_when(|requests| requests.len() == 2).await;
    let house = house.crashed().await;
    let told = house.keyed(&caller, CHAT, &chat("mock-flat"), "finished").await;
    assert_eq!((told.status, &told.error["first"]["request_id"]), (409, &json!(first)));
    assert_eq!(told.error["code"], "idempotency_finished");
    // What came to nothing has freed its key.
    let again = house.post(&caller, CHAT, &chat("mock-silent")).header(KEY, "silent");
    let again = tokio::spawn(again.send());
    house.provider.requests_when(|requests| requests.len() == 3).await;
    assert_eq!(house.charges().await.len(), 2, "the finished one, and the one that was released");
    silent.abort();
    again.abort();
}

#[tokio::test]
async fn a_clock_that_was_set_back_an_hour_takes_no_time_back_from_money() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    house.limit(Scope::Member(caller.member), "5").await;
    let mut response = house.call(&caller, CHAT, &streamed("mock-stall")).await;
    begun(&mut response).await;
    let id = request_id(&response);
    let now = house.clock.now();
    let back = Instant::from_micros(now.micros() - 3_600_000_000);
    let house = house.crashed_until(back).await;
    let request = house.request(&caller, &id).await;
    assert!(request["ended_at"].as_str() >= request["admitted_at"].as_str(), "{request}");
    assert!(house.clock.now() > Instant::from_micros(now.micros() - 60_000_000));
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-credits-charged"), Some("1"));
    tokio::time::timeout(Duration::from_secs(20), house.quiet()).await.unwrap();
}
