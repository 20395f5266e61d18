//! Only a key that is in force opens anything, and no credential of a client's goes further.

use ledger::{KeyStatus, MemberStatus, Scope, Tool};
use serde_json::{Value, json};

use crate::calls::{CHAT, COUNT_TOKENS, EMBEDDINGS, IMAGES, MESSAGES, MODELS, RESPONSES, chat};
use crate::house::{House, OPERATORS_KEY};
use crate::people::Caller;
use crate::watch::header;

/// Status and code of a flat call.
async fn told(house: &House, caller: &Caller) -> (u16, Option<String>) {
    let response = house.call(caller, CHAT, &chat("mock-flat")).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].as_str().map(str::to_owned))
}

fn no(status: u16, code: &str) -> (u16, Option<String>) {
    (status, Some(code.to_owned()))
}

const YES: (u16, Option<String>) = (200, None);

#[tokio::test]
async fn without_a_valid_key_nothing_is_answered() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let last = caller.secret.len() - 1;
    let typo = format!(
        "{}{}",
        &caller.secret[..last],
        if caller.secret.ends_with('0') { '1' } else { '0' }
    );
    let foreign = store::PlainKey::generate(store::KeyKind::Member, || 7);
    for credential in
        [None, Some(""), Some("sk-1234"), Some(&*typo), Some(foreign.expose()), Some("Bearer ")]
    {
        for path in [CHAT, MESSAGES, COUNT_TOKENS, "/nowhere"] {
            let mut request = house.client.post(house.url(path)).json(&chat("mock-flat"));
            if let Some(credential) = credential {
                request = request.bearer_auth(credential);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 401, "{credential:?}");
            assert!(header(&response, "www-authenticate").unwrap().starts_with("Bearer"));
            let body: Value = response.json().await.unwrap();
            let block = if path == "/nowhere" { &body } else { &body["error"] };
            assert_eq!(block["code"], "invalid_credential");
        }
    }
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn a_key_is_found_wherever_an_sdk_puts_it() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for (name, value) in [
        ("authorization", format!("Bearer {}", caller.secret)),
        ("authorization", format!("bearer {}", caller.secret)),
        ("x-api-key", caller.secret.clone()),
        ("x-goog-api-key", caller.secret.clone()),
        ("api-key", caller.secret.clone()),
        ("xi-api-key", caller.secret.clone()),
    ] {
        let request = house.client.get(house.url(MODELS)).header(name, value);
        assert_eq!(request.send().await.unwrap().status(), 200, "{name}");
    }
}

#[tokio::test]
async fn two_different_keys_are_refused_and_the_same_twice_is_one() {
    let house = House::new().await;
    let (one, other) = (house.caller("10").await, house.caller("10").await);
    for (key, status) in [(&one.secret, 200), (&other.secret, 400)] {
        let request = house.post(&one, CHAT, &chat("mock-flat")).header("x-api-key", key);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        if status == 400 {
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error"]["code"], "ambiguous_credential");
        }
    }
    assert_eq!(house.provider.bill().requests, 1);
}

#[tokio::test]
async fn a_key_ends_with_the_change_that_ends_it() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    assert_eq!(told(&house, &caller).await, YES);
    house.change_key(&caller, |key| key.status = KeyStatus::Blocked).await;
    assert_eq!(told(&house, &caller).await, no(403, "key_blocked"));
    assert_eq!(house.get(&caller, MODELS).await.status(), 403);
    house.change_key(&caller, |key| key.status = KeyStatus::Active).await;
    assert_eq!(told(&house, &caller).await, YES);
    house.change_key(&caller, |key| key.status = KeyStatus::Revoked).await;
    assert_eq!(told(&house, &caller).await, no(401, "invalid_credential"));
    for path in [MODELS, "/bursar/v1/balance", "/bursar/v1/usage"] {
        assert_eq!(house.get(&caller, path).await.status(), 401, "{path}");
    }
    assert_eq!(house.provider.bill().requests, 2);
}

#[tokio::test]
async fn an_expired_key_is_none() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let now = gateway::Clock::now(&*house.clock);
    house.change_key(&caller, |key| key.expires = now).await;
    assert_eq!(told(&house, &caller).await, no(401, "invalid_credential"));
}

#[tokio::test]
async fn a_deactivated_member_has_no_keys() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.change_member(&caller, |member| member.status = MemberStatus::Deactivated).await;
    assert_eq!(told(&house, &caller).await, no(401, "invalid_credential"));
    assert_eq!(house.get(&caller, MODELS).await.status(), 401);
}

#[tokio::test]
async fn removed_access_closes_every_tool_and_nothing_else() {
    let free = "provider: openai, model: \"mock-chat:8\", free: true";
    let house = House::with(crate::edits::price(free)).await;
    let caller = house.caller("10").await;
    house.change_member(&caller, |member| member.status = MemberStatus::AccessRemoved).await;
    for (path, body) in [
        (CHAT, chat("mock-flat")),
        (CHAT, chat("mock-chat:8")),
        (MESSAGES, chat("mock-flat")),
        (RESPONSES, json!({"model": "mock-chat", "input": "Hi"})),
        (EMBEDDINGS, json!({"model": "mock-embedding", "input": "Hi"})),
        (IMAGES, json!({"model": "mock-image", "prompt": "A cat"})),
    ] {
        let response = house.call(&caller, path, &body).await;
        assert_eq!(response.status(), 403, "{path}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["error"]["code"], "access_removed");
        assert!(told["error"]["ask"].is_string(), "{told}");
    }
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    assert_eq!(house.call(&caller, COUNT_TOKENS, &chat("mock-chat")).await.status(), 200);
    assert_eq!(house.get(&caller, "/bursar/v1/balance").await.status(), 200);
    house.change_member(&caller, |_| {}).await;
    assert_eq!(told(&house, &caller).await, YES);
}

#[tokio::test]
async fn a_tool_that_is_not_on_the_list_is_not_allowed() {
    let house = House::new().await;
    let (by_key, by_member) = (house.caller("10").await, house.caller("10").await);
    let images = || Some(vec![Tool::new("text-to-image")]);
    house.change_key(&by_key, |key| key.tools = images()).await;
    house.change_member(&by_member, |member| member.tools = images()).await;
    for caller in [&by_key, &by_member] {
        assert_eq!(told(&house, caller).await, no(403, "tool_not_allowed"));
    }
}

#[tokio::test]
async fn a_call_is_charged_to_the_project_that_it_names() {
    let house = House::new().await;
    let (caller, other) = (house.caller("10").await, house.caller("10").await);
    let project = house.project("rebranding", Some(&[&caller])).await;
    house.limit(Scope::Project(project), "1").await;
    let call = |who: &Caller, slug: &str| {
        house.post(who, CHAT, &chat("mock-flat")).header("x-bursar-project", slug).send()
    };
    for (who, slug, expected) in [
        (&caller, "rebranding", YES),
        (&caller, "rebranding", no(402, "limit_reached")),
        (&other, "rebranding", no(403, "project_not_allowed")),
        (&caller, "rebrandink", no(400, "invalid_request")),
    ] {
        let response = call(who, slug).await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!((status, body["error"]["code"].as_str().map(str::to_owned)), expected, "{slug}");
    }
}

#[tokio::test]
async fn the_provider_sees_the_operator_and_nothing_of_the_client() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for (path, place) in [
        (CHAT, "authorization"),
        (MESSAGES, "x-api-key"),
        (MESSAGES, "authorization"),
        (COUNT_TOKENS, "x-api-key"),
    ] {
        let key = if place == "authorization" {
            format!("Bearer {}", caller.secret)
        } else {
            caller.secret.clone()
        };
        let operators = key.replace(&caller.secret, OPERATORS_KEY);
        let request =
            house.client.post(house.url(path)).header(place, key).json(&chat("mock-chat"));
        let request = request
            .header("cookie", "session=1")
            .header("x-bursar-anything", "1")
            .header("x-request-id", "the-clients")
            .header("openai-organization", "the-clients")
            .header("openai-project", "the-clients")
            .header("anthropic-beta", "a-feature");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path} {place}");
        let id = crate::watch::request_id(&response);
        let seen = house.provider.requests().pop().unwrap();
        assert_eq!(seen.header(place), Some(&*operators));
        assert_eq!(seen.header("x-request-id"), Some(&*id));
        assert_eq!(seen.header("anthropic-beta"), Some("a-feature"));
        for (name, value) in &seen.headers {
            let value = value.to_str().unwrap();
            assert!(!value.contains(&caller.secret), "{name}: {value}");
            assert!(
                !name.as_str().starts_with("x-bursar") && !value.contains("the-clients"),
                "{name}"
            );
            assert_ne!(name, "cookie");
        }
        assert_eq!(seen.headers.get_all(place).iter().count(), 1);
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_not_forwarded_and_the_rest_is() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for (asked, forwarded) in [
        ("?beta=true&key=secret&x=1", Some("beta=true&x=1")),
        ("?key=secret", None),
        ("?monkey=1&key", Some("monkey=1")),
        ("", None),
    ] {
        let path = format!("{MESSAGES}{asked}");
        assert_eq!(house.call(&caller, &path, &chat("mock-chat")).await.status(), 200);
        let seen = house.provider.requests().pop().unwrap();
        assert_eq!(seen.query.as_deref(), forwarded);
    }
}

#[tokio::test]
async fn nothing_of_the_operators_account_reaches_the_client() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for path in [CHAT, MESSAGES] {
        let response = house.call(&caller, path, &chat("mock-chat")).await;
        for name in response.headers().keys() {
            let name = name.as_str();
            assert!(!name.contains("ratelimit") && !name.contains("organization"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_connection_is_never_switched_to_another_protocol() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let request = house.client.get(house.url(MODELS)).bearer_auth(&caller.secret);
    let request = request
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(house.provider.requests().pop().unwrap().header("upgrade"), None);
}
