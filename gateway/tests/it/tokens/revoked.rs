//! A token that no longer counts opens nothing, however lately it was seen.

use gateway::Clock;
use ledger::{Instant, MemberStatus};
use serde_json::{Value, json};
use store::{RevokedToken, Store};

use super::{Desk, ISSUER, NAMED, and, called, no, yes};
use crate::calls::{CHAT, MODELS, chat, streamed, with};
use crate::edits::{bounds, patience, price};
use crate::people::Caller;
use crate::watch::{micros, request_id};

/// A bearer whose token is remembered.
async fn seen(desk: &Desk, more: Value) -> Caller {
    let bearer = desk.bearer(&and(desk.claims("ada"), more));
    assert_eq!(desk.call(&bearer).await, yes());
    bearer
}

async fn revoke(desk: &Desk, issuer: &str, jti: &str) {
    let now = desk.house.clock.now();
    let until = now.plus_micros(600_000_000);
    let token = RevokedToken { issuer: issuer.to_owned(), jti: jti.to_owned(), until };
    desk.house.store.revoke_token(desk.house.org, &token, now).await.unwrap();
    desk.house.take_in().await;
}

#[tokio::test]
async fn what_becomes_of_a_member_holds_for_its_tokens_at_the_next_call() {
    let desk = Desk::new().await;
    let mut ada = desk.member("ada").await;
    let bearer = seen(&desk, json!({})).await;
    let mut becomes = async |status| {
        ada.standing.status = status;
        desk.put(&ada).await;
        (desk.call(&bearer).await, desk.house.get(&bearer, MODELS).await.status().as_u16())
    };
    assert_eq!(becomes(MemberStatus::AccessRemoved).await, (no(403, "access_removed"), 200));
    assert_eq!(becomes(MemberStatus::Active).await, (yes(), 200));
    assert_eq!(becomes(MemberStatus::Deactivated).await, (no(401, "invalid_credential"), 401));
}

#[tokio::test]
async fn tokens_that_were_issued_too_early_end_with_the_change_that_says_so() {
    let desk = Desk::new().await;
    let mut ada = desk.member("ada").await;
    let now = desk.seconds();
    let (early, late) =
        (seen(&desk, json!({"iat": now - 100})).await, seen(&desk, json!({"iat": now - 50})).await);
    let mut valid_after = async |seconds| {
        ada.tokens_valid_after = Instant::from_seconds(seconds);
        desk.put(&ada).await;
        (desk.call(&early).await.0, desk.call(&late).await.0)
    };
    assert_eq!(valid_after(now - 100).await, (200, 200));
    assert_eq!(valid_after(now - 99).await, (401, 200));
    assert_eq!(valid_after(now - 50).await, (401, 200));
    assert_eq!(valid_after(now - 49).await, (401, 401));
    assert_eq!(desk.faults("token_too_old").await, 4);
}

#[tokio::test]
async fn one_token_is_revoked_by_its_id_and_its_issuer() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    let (one, other) =
        (seen(&desk, json!({"jti": "one"})).await, seen(&desk, json!({"jti": "other"})).await);
    let nameless = seen(&desk, json!({})).await;
    revoke(&desk, "https://another.example.com/", "one").await;
    assert_eq!(desk.call(&one).await, yes());
    revoke(&desk, ISSUER, "one").await;
    assert_eq!(desk.call(&one).await, no(401, "invalid_credential"));
    assert_eq!(desk.house.get(&one, "/bursar/v1/balance").await.status(), 401);
    assert_eq!(desk.faults("token_revoked").await, 2);
    for bearer in [&other, &nameless] {
        assert_eq!(desk.call(bearer).await, yes());
    }
    // It is in the store, for whoever starts later.
    let Desk { house, issuer, signer } = desk;
    let desk = Desk { house: house.restarted().await, issuer, signer };
    assert_eq!(desk.call(&one).await, no(401, "invalid_credential"));
    assert_eq!(desk.call(&other).await, yes());
}

#[tokio::test]
async fn a_token_ends_by_the_gateways_clock_though_it_is_remembered() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    let bearer = seen(&desk, json!({"exp": desk.seconds() + 20})).await;
    desk.house.clock.not_before(Instant::from_seconds(desk.seconds() + 40));
    assert_eq!(desk.call(&bearer).await, yes());
    desk.house.clock.not_before(Instant::from_seconds(desk.seconds() + 15));
    assert_eq!(desk.call(&bearer).await, no(401, "invalid_credential"));
    assert_eq!(desk.faults("token_expired").await, 1);
}

#[tokio::test]
async fn a_subject_that_becomes_anothers_is_the_others_at_once() {
    let desk = Desk::new().await;
    let mut ada = desk.member("ada").await;
    let bearer = seen(&desk, json!({})).await;
    ada.subjects.clear();
    desk.put(&ada).await;
    assert_eq!(desk.call(&bearer).await, no(401, "invalid_credential"));
    let bob = desk.member("ada").await;
    let response = desk.house.call(&bearer, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 200);
    let id = request_id(&response).parse().unwrap();
    let charge = loop {
        match desk.house.store.charge(desk.house.org, id).await.unwrap() {
            Some(charge) => break charge,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(charge.member, bob.standing.id);
    assert_eq!(bob.subjects, [called("ada")]);
}

/// Cuts a slow stream by a change; the code of its error event.
async fn cut_by(change: impl AsyncFnOnce(&Desk)) -> Value {
    let desk = Desk::with(NAMED, patience("60s")).await;
    desk.member("ada").await;
    let bearer = desk.bearer(&and(desk.claims("ada"), json!({"jti": "one"})));
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    let call = desk.house.post(&bearer, CHAT, &body).header("x-mock-delay-ms", 200);
    let mut response = call.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.chunk().await.unwrap().unwrap();
    change(&desk).await;
    let mut events = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        events.extend_from_slice(&chunk);
    }
    let events = String::from_utf8(events).unwrap();
    assert!(!events.contains("[DONE]"), "{events}");
    let (_, last) = events.trim_end().rsplit_once("data: ").unwrap();
    serde_json::from_str::<Value>(last).unwrap()["error"]["code"].clone()
}

#[tokio::test]
async fn the_streams_of_a_token_are_cut_when_it_ends() {
    let invalid = json!("invalid_credential");
    assert_eq!(cut_by(async |desk| revoke(desk, ISSUER, "one").await).await, invalid);
    let expires = async |desk: &Desk| {
        desk.house.clock.not_before(Instant::from_seconds(desk.seconds() + 700));
    };
    assert_eq!(cut_by(expires).await, invalid);
    let too_old = async |desk: &Desk| {
        let mut ada = desk.members().await.remove(0);
        ada.tokens_valid_after = Instant::from_seconds(desk.seconds() + 1);
        desk.put(&ada).await;
    };
    assert_eq!(cut_by(too_old).await, invalid);
}

#[tokio::test]
async fn a_token_that_is_revoked_while_its_call_waits_is_not_charged() {
    let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"100\"";
    let edit = |text| price(slow)(patience("60s")(bounds("hold_wait: 60s")(text)));
    let desk = Desk::with(NAMED, edit).await;
    let ada = desk.member("ada").await;
    let running = desk.house.post(&desk.bearer_of("ada"), CHAT, &chat("mock-slow:9"));
    let running = tokio::spawn(running.header("x-mock-delay-ms", 50_000).send());
    desk.house.provider.requests_when(|requests| !requests.is_empty()).await;
    let bearer = desk.bearer(&and(desk.claims("ada"), json!({"jti": "one"})));
    let waiting = tokio::spawn(desk.house.post(&bearer, CHAT, &chat("mock-flat")).send());
    desk.house.waiting(1).await;
    revoke(&desk, ISSUER, "one").await;
    running.abort();
    assert_eq!(waiting.await.unwrap().unwrap().status(), 401);
    desk.house.quiet().await;
    let other = desk.bearer_of("ada");
    desk.house.assert_spent(&other, "100", micros(0)).await;
    assert!(!desk.house.provider.bill().models.contains_key("mock-flat"));
    assert_eq!(ada.standing.status, MemberStatus::Active);
}
