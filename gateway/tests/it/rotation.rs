//! A key that gets another secret: both open it for the grace, and then only the new one.

use gateway::Clock;
use ledger::Instant;
use serde_json::{Value, json};

use crate::calls::{CHAT, MODELS, chat, streamed, with};
use crate::edits::{patience, price};
use crate::house::House;
use crate::people::{Caller, plain_key};
use crate::watch::rest;

const HOUR_MICROS: i64 = 3_600_000_000;

impl House {
    /// The caller with a new secret of the same key; the old one is let run out until then, or goes
    /// at once.
    async fn rotated(&self, caller: &Caller, old_until: Option<Instant>) -> Caller {
        let (new, now) = (plain_key(self.next()), self.clock.now());
        self.change_rules(caller, |key| {
            let old = key.secrets.pop().expect("it has one");
            key.secrets.push(self.keys.secret(&new, now));
            key.secrets.extend(old_until.map(|not_after| store::KeySecret { not_after, ..old }));
        })
        .await;
        Caller { secret: new.expose().to_owned(), ..*caller }
    }

    async fn status(&self, caller: &Caller) -> u16 {
        self.call(caller, CHAT, &chat("mock-flat")).await.status().as_u16()
    }

    async fn failed(&self, reason: &str) -> u64 {
        self.metric_of("bursar_auth_failures_total", reason).await
    }
}

#[tokio::test]
async fn both_secrets_open_the_key_until_the_grace_is_over() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    assert_eq!(house.status(&caller).await, 200);
    let grace = house.clock.now().plus_micros(HOUR_MICROS);
    let rotated = house.rotated(&caller, Some(grace)).await;
    assert_eq!(house.metric("bursar_old_secrets_used_total").await, 0);
    assert_eq!((house.status(&rotated).await, house.status(&caller).await), (200, 200));
    assert_eq!(house.metric("bursar_old_secrets_used_total").await, 1);
    house.clock.not_before(grace);
    assert_eq!((house.status(&rotated).await, house.status(&caller).await), (200, 401));
    assert_eq!(house.get(&caller, MODELS).await.status(), 401);
    assert_eq!(house.failed("key_expired").await, 2);
    // All of it was one key's.
    let balance = house.balance(&rotated).await;
    assert_eq!(balance["remaining"], "6", "{balance}");
}

#[tokio::test]
async fn without_a_grace_the_old_secret_ends_with_the_change() {
    for at_once in [true, false] {
        let house = House::new().await;
        let caller = house.caller("10").await;
        assert_eq!(house.status(&caller).await, 200);
        let until = (!at_once).then(|| house.clock.now());
        let rotated = house.rotated(&caller, until).await;
        assert_eq!((house.status(&caller).await, house.status(&rotated).await), (401, 200));
        let reason = if at_once { "key_unknown" } else { "key_expired" };
        assert_eq!(house.failed(reason).await, 1, "{reason}");
    }
}

#[tokio::test]
async fn the_stream_of_a_secret_that_is_gone_is_cut_and_that_of_one_with_grace_is_not() {
    for gone in [true, false] {
        let house = House::with(patience("60s")).await;
        let caller = house.caller("10").await;
        let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
        let call = house.post(&caller, CHAT, &body).header("x-mock-delay-ms", 300);
        let mut stream = call.send().await.unwrap();
        stream.chunk().await.unwrap().unwrap();
        let until = house.clock.now().plus_micros(HOUR_MICROS);
        house.rotated(&caller, (!gone).then_some(until)).await;
        let rest = rest(stream).await;
        assert_eq!(rest.contains("invalid_credential"), gone, "{rest}");
        assert_eq!(rest.contains("[DONE]"), !gone, "{rest}");
    }
}

#[tokio::test]
async fn a_secret_that_went_unseen_is_asked_about_once() {
    let house = House::new().await;
    let (caller, other) = (house.caller("10").await, house.caller("10").await);
    // Nobody has called: the gateway knows that the secret was one, and not of which key.
    let rotated = house.rotated(&caller, None).await;
    for _ in 0..3 {
        assert_eq!(house.status(&caller).await, 401);
    }
    assert_eq!(house.store_calls("identity").await, 1);
    // Of a key whose organisation is here it is known.
    assert_eq!((house.status(&other).await, house.status(&rotated).await), (200, 200));
    house.rotated(&other, None).await;
    assert_eq!(house.status(&other).await, 401);
    assert_eq!(house.store_calls("identity").await, 3);
}

#[tokio::test]
async fn a_call_that_waits_for_credits_does_not_outlive_its_secret() {
    let house = House::with(|text| {
        let text = price("provider: openai, model: \"mock-slow:9\", per_request: \"1\"")(text);
        patience("60s")(crate::edits::bounds("hold_wait: 60s")(text))
    })
    .await;
    let caller = house.caller("1").await;
    let slow = house.post(&caller, CHAT, &chat("mock-slow:9")).header("x-mock-delay-ms", 60_000);
    let running = tokio::spawn(slow.send());
    house.provider.requests_when(|requests| !requests.is_empty()).await;
    let call = house.post(&caller, CHAT, &chat("mock-flat"));
    let waiting = tokio::spawn(async { call.send().await.unwrap() });
    house.waiting(1).await;
    house.rotated(&caller, None).await;
    running.abort();
    let refused = waiting.await.unwrap();
    assert_eq!(refused.status(), 401);
    let told: Value = refused.json().await.unwrap();
    assert_eq!(told["error"]["code"], "invalid_credential");
    house.quiet().await;
    assert_eq!(house.provider.requests().len(), 1);
}
