//! Credentials that are none: counted by the reason, and not for ever from one address.

use gateway::Clock;
use reqwest::Response;
use serde_json::{Value, json};

use crate::calls::{CHAT, MODELS, chat};
use crate::edits::{bounds, replaced};
use crate::house::House;
use crate::people::Caller;
use crate::watch::header;

const BUDGET: usize = 5;
const MINUTE_MICROS: i64 = 60_000_000;

fn budget(text: String) -> String {
    let text = bounds("auth_failures_per_minute: 5")(text);
    replaced(&text, "version: 1\n", "version: 1\ntrusted_proxies: [127.0.0.0/8]\n")
}

/// A call with this credential from this address.
async fn from(house: &House, address: &str, credential: &str) -> Response {
    let call = house.client.post(house.url(CHAT)).json(&chat("mock-flat"));
    let call = call.header("x-forwarded-for", address).header("x-api-key", credential);
    call.send().await.unwrap()
}

async fn flood(house: &House, address: &str) {
    for _ in 0..BUDGET {
        assert_eq!(from(house, address, "bursar_u_made-up").await.status(), 401);
    }
}

#[tokio::test]
async fn beyond_its_budget_an_address_is_told_to_wait() {
    let house = House::with(budget).await;
    flood(&house, "203.0.113.9").await;
    for credential in ["bursar_u_made-up", "sk-other", "a.b.c"] {
        let refused = from(&house, "203.0.113.9", credential).await;
        assert_eq!(refused.status(), 429, "{credential}");
        let after: u32 = header(&refused, "retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&after), "{after}");
        assert_eq!(header(&refused, "www-authenticate"), None);
        let told: Value = refused.json().await.unwrap();
        assert_eq!(told["error"]["code"], "rate_limited");
        assert_eq!(told["error"]["retryable"], true);
    }
    // Who has forgotten it guesses nothing.
    assert_eq!(from(&house, "203.0.113.9", "").await.status(), 401);
    assert_eq!(from(&house, "203.0.113.10", "sk-other").await.status(), 401);
    // Nothing is guessed without a credential.
    assert_eq!(from(&house, "203.0.113.9", "").await.status(), 401);
    house.clock.not_before(house.clock.now().plus_micros(MINUTE_MICROS));
    assert_eq!(from(&house, "203.0.113.9", "sk-other").await.status(), 401);
}

#[tokio::test]
async fn a_key_that_exists_is_served_however_often_its_address_has_failed() {
    let house = House::with(budget).await;
    let cold = house.caller("10").await;
    flood(&house, "203.0.113.9").await;
    assert_eq!(from(&house, "203.0.113.9", "bursar_u_made-up").await.status(), 429);
    for _ in 0..3 {
        assert_eq!(from(&house, "203.0.113.9", &cold.secret).await.status(), 200);
        assert_eq!(from(&house, "203.0.113.9", "bursar_u_made-up").await.status(), 429);
    }
    // What is not a question of who one is, is not told to wait either.
    let call = house.post(&cold, "/openai/v1/nothing", &json!({}));
    let call = call.header("x-forwarded-for", "203.0.113.9");
    assert_eq!(call.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn whoever_is_told_to_wait_reads_it_whatever_it_was_sending() {
    let house = House::with(budget).await;
    flood(&house, "127.0.0.1").await;
    let nobody = Caller { secret: "sk-other".to_owned(), ..house.caller("0").await };
    let large = json!({"model": "mock-flat", "user": "x".repeat(500_000)});
    let call = house.post(&nobody, CHAT, &large).header("x-forwarded-for", "127.0.0.1");
    assert_eq!(call.send().await.unwrap().status(), 429);
}

#[tokio::test]
async fn every_reason_is_counted_from_the_start_and_by_itself() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let counted = |reason: &'static str| house.metric_of("bursar_auth_failures_total", reason);
    for reason in ["no_credential", "token_signature", "key_revoked"] {
        assert_eq!(counted(reason).await, 0, "{reason}");
    }
    let typo = caller.secret.replace("bursar_u_", "bursar_s_");
    let made_up = store::PlainKey::generate(store::KeyKind::Member, || 7);
    let wrong: [(&str, &'static str); 5] = [
        ("", "no_credential"),
        ("sk-1234", "not_a_credential"),
        (&typo, "key_malformed"),
        ("bursar_a_x", "key_admin"),
        (made_up.expose(), "key_unknown"),
    ];
    for (credential, reason) in wrong {
        let call = house.client.get(house.url(MODELS)).header("x-api-key", credential);
        assert_eq!(call.send().await.unwrap().status(), 401, "{reason}");
        assert_eq!(counted(reason).await, 1, "{reason}");
    }
    let two = house.post(&caller, CHAT, &chat("mock-flat")).header("x-api-key", "sk-1234");
    assert_eq!(two.send().await.unwrap().status(), 400);
    assert_eq!(counted("ambiguous_credential").await, 1);
    house.change_key(&caller, |key| key.expires = house.clock.now()).await;
    assert_eq!(house.get(&caller, MODELS).await.status(), 401);
    assert_eq!(counted("key_expired").await, 1);
}

#[tokio::test]
async fn a_key_in_the_query_is_no_credential() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for query in ["key", "api_key", "access_token", "x-api-key"] {
        let url = house.url(&format!("{MODELS}?{query}={}", caller.secret));
        assert_eq!(house.client.get(url).send().await.unwrap().status(), 401, "{query}");
    }
    let counted = house.metric_of("bursar_auth_failures_total", "no_credential").await;
    assert_eq!(counted, 4);
}
