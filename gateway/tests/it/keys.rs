//! What a key allows beside its tools, and keys that there are not.

use ledger::KeyStatus;
use serde_json::{Value, json};
use store::{Key, KeyKind, PlainKey, Store};

use crate::calls::{CHAT, COUNT_TOKENS, MESSAGES, MODELS, chat, streamed, with};
use crate::edits::{bounds, patience, price};
use crate::house::House;
use crate::people::{Caller, plain_key};
use crate::watch::{request_id, rest};

impl House {
    /// How often an operation of the store was called.
    pub(crate) async fn store_calls(&self, operation: &str) -> u64 {
        let text = self.operations("/metrics").await.text().await.unwrap();
        let line = format!("bursar_store_calls_total{{operation=\"{operation}\"}} ");
        let count = text.lines().find_map(|told| told.strip_prefix(&line));
        count.map_or(0, |count| count.parse().unwrap())
    }
}

fn models(models: &[&str]) -> impl FnOnce(&mut Key) {
    let models = models.iter().map(|model| (*model).to_owned()).collect();
    |key| key.models = Some(models)
}

async fn error(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let told: Value = response.json().await.unwrap();
    (status, told["error"].clone())
}

#[tokio::test]
async fn a_model_that_is_not_on_the_list_is_refused_before_anything_is_taken() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.change_rules(&caller, models(&["mock-flat", "mock-ch*"])).await;
    for path in [CHAT, MESSAGES] {
        for model in ["mock-flat", "mock-chat"] {
            assert_eq!(house.call(&caller, path, &chat(model)).await.status(), 200, "{model}");
        }
        let call = house.post(&caller, path, &chat("mock-no-usage"));
        let (status, told) = error(call.header("idempotency-key", "k").send().await.unwrap()).await;
        assert_eq!((status, &told["code"]), (403, &json!("model_not_allowed")), "{told}");
        assert_eq!(told["retryable"], false);
        assert!(told["message"].as_str().unwrap().contains("`mock-no-usage`"), "{told}");
        assert!(told["ask"].is_string(), "{told}");
    }
    let (_, told) = error(house.call(&caller, CHAT, &chat("mock-no-usage")).await).await;
    assert_eq!(told["param"], "model");
    assert_eq!(house.store_calls("claim_idempotency").await, 0);
    // A route without a tool asks for no model of ours.
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    assert_eq!(house.call(&caller, COUNT_TOKENS, &chat("mock-no-usage")).await.status(), 200);
    assert_eq!(house.provider.bill().requests, 4);
}

#[tokio::test]
async fn an_empty_list_of_models_allows_none_and_no_list_allows_all() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.change_rules(&caller, models(&[])).await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 403);
    house.change_rules(&caller, |_| {}).await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
}

#[tokio::test]
async fn a_change_of_the_models_is_in_force_for_a_call_that_waits() {
    let house = House::with(|text| {
        let text = price("provider: openai, model: \"mock-slow:9\", per_request: \"1\"")(text);
        patience("60s")(bounds("hold_wait: 60s")(text))
    })
    .await;
    let caller = house.caller("1").await;
    let slow = house.post(&caller, CHAT, &chat("mock-slow:9")).header("x-mock-delay-ms", 60_000);
    let running = tokio::spawn(slow.send());
    house.provider.requests_when(|requests| !requests.is_empty()).await;
    let call = house.post(&caller, CHAT, &chat("mock-flat")).header("idempotency-key", "k");
    let waiting = tokio::spawn(async { call.send().await.unwrap() });
    house.waiting(1).await;
    house.change_rules(&caller, models(&["mock-slow:9"])).await;
    running.abort();
    let refused = waiting.await.unwrap();
    let id = request_id(&refused);
    let (status, told) = error(refused).await;
    assert_eq!((status, &told["code"]), (403, &json!("model_not_allowed")));
    // What it had waited for goes back, and its idempotency key too.
    house.quiet().await;
    assert_eq!(house.balance(&caller).await["remaining"], "1");
    house.change_rules(&caller, |_| {}).await;
    let again = house.post(&caller, CHAT, &chat("mock-flat")).header("idempotency-key", "k");
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 200);
    assert_ne!(request_id(&again), id);
}

#[tokio::test]
async fn a_stream_whose_model_is_taken_off_the_list_is_cut() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    let call = house.post(&caller, CHAT, &body).header("x-mock-delay-ms", 300);
    let mut stream = call.send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    house.change_rules(&caller, models(&["mock-flat"])).await;
    let rest = rest(stream).await;
    assert!(rest.contains("model_not_allowed") && !rest.contains("[DONE]"), "{rest}");
}

#[tokio::test]
async fn keys_that_there_are_not_cost_the_store_nothing() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    let asked = (house.store_calls("identity").await, house.store_calls("load").await);
    assert_eq!(asked, (1, 1));
    for n in 100..140_u8 {
        let mut byte = n;
        let made_up = PlainKey::generate(KeyKind::Member, || {
            byte = byte.wrapping_mul(13).wrapping_add(n);
            byte
        });
        let caller = Caller { secret: made_up.expose().to_owned(), ..caller };
        assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 401);
    }
    assert_eq!((house.store_calls("identity").await, house.store_calls("load").await), asked);
    assert_eq!(house.metric_of("bursar_auth_failures_total", "key_unknown").await, 40);
}

#[tokio::test]
async fn a_key_that_was_asked_for_in_vain_opens_with_the_change_that_makes_it() {
    let house = House::new().await;
    let known = house.caller("10").await;
    let secret = plain_key(house.next());
    let early = Caller { secret: secret.expose().to_owned(), ..known };
    assert_eq!(house.get(&early, MODELS).await.status(), 401);
    let mut row = house.key(&known);
    row.secrets.insert(0, house.keys.secret(&secret, row.created));
    house.store.put_key(&row, None).await.unwrap();
    house.take_in().await;
    assert_eq!(house.get(&early, MODELS).await.status(), 200);
}

#[tokio::test]
async fn a_start_knows_the_keys_that_there_were_and_a_revoked_one_is_not_asked_about() {
    let house = House::new().await;
    let (caller, revoked) = (house.caller("10").await, house.caller("10").await);
    house.change_key(&revoked, |key| key.status = KeyStatus::Revoked).await;
    let house = house.restarted().await;
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    assert_eq!(house.get(&revoked, MODELS).await.status(), 401);
    assert_eq!(house.store_calls("identity").await, 1);
}

#[tokio::test]
async fn a_key_for_the_admin_api_opens_nothing_and_says_so() {
    let house = House::new().await;
    for secret in [
        PlainKey::generate(KeyKind::Admin, || 7).expose(),
        "bursar_a_a-token-for-the-admin-api-of-tests",
    ] {
        let call = house.client.get(house.url(MODELS)).bearer_auth(secret);
        let (status, told) = error(call.send().await.unwrap()).await;
        assert_eq!((status, &told["code"]), (401, &json!("invalid_credential")));
        assert!(told["message"].as_str().unwrap().contains("admin API"), "{told}");
    }
    assert_eq!(house.metric_of("bursar_auth_failures_total", "key_admin").await, 2);
}
