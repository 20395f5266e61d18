//! Whoever has a token of a member calls as it, with no key.

use ledger::Surface;
use serde_json::{Value, json};
use store::Store;

use super::{Desk, NAMED, and, bearer, no, yes};
use crate::calls::{CHAT, MESSAGES, MODELS, chat};
use crate::secrecy::{Printed, answer, assert_no_part};
use crate::tokens::mint::Signer;
use crate::watch::request_id;

#[tokio::test]
async fn a_token_opens_what_its_member_may_use_and_is_charged_to_it() {
    let desk = Desk::new().await;
    let ada = desk.member("ada").await;
    let bearer = desk.bearer_of("ada");
    let response = desk.house.call(&bearer, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 200);
    let id = request_id(&response);
    let told = desk.house.ended(&bearer, &id).await;
    assert_eq!((&told["state"], &told["charged"]), (&json!("settled"), &json!("1")));
    let charge = loop {
        match desk.house.store.charge(desk.house.org, id.parse().unwrap()).await.unwrap() {
            Some(charge) => break charge,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!((charge.member, charge.key), (ada.standing.id, None));
    assert_eq!((charge.surface, charge.group, charge.project), (Surface::Api, None, None));
    assert_eq!(desk.house.balance(&bearer).await["key"], Value::Null);
}

#[tokio::test]
async fn a_token_goes_wherever_an_sdk_puts_a_key_and_never_to_the_provider() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    let token = desk.bearer_of("ada").secret;
    for path in [CHAT, MESSAGES] {
        let call = desk.house.client.post(desk.house.url(path)).json(&chat("mock-flat"));
        for call in [
            call.try_clone().unwrap().bearer_auth(&token),
            call.try_clone().unwrap().header("x-api-key", &token),
            call.try_clone().unwrap().header("x-api-key", &token).bearer_auth(&token),
        ] {
            assert_eq!(call.send().await.unwrap().status(), 200);
        }
        let two = call.header("x-api-key", &token).bearer_auth(desk.bearer_of("bob").secret);
        assert_eq!(two.send().await.unwrap().status(), 400);
    }
    for request in desk.house.provider.requests() {
        assert!(!format!("{request:?}").contains(&token));
    }
    // Once it has been seen, nobody is asked about it.
    let calls = desk.house.metric("bursar_store_calls_total{operation=\"load\"").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    assert_eq!(desk.house.metric("bursar_store_calls_total{operation=\"load\"").await, calls);
}

#[tokio::test]
async fn what_is_no_good_token_opens_nothing_and_is_counted() {
    let desk = Desk::with(NAMED, |text| text).await;
    desk.member("ada").await;
    let (good, now) = (desk.claims("ada"), desk.seconds());
    let forger = Signer::ed("first");
    for (bearer, fault, says) in [
        (bearer(&forger, &good), "token_signature", "not accepted"),
        (desk.bearer(&and(good.clone(), json!({"iss": "nobody"}))), "token_issuer", "not accepted"),
        (
            desk.bearer(&and(good.clone(), json!({"aud": "others"}))),
            "token_audience",
            "not accepted",
        ),
        (
            desk.bearer(&and(good.clone(), json!({"iat": now - 120, "exp": now - 60}))),
            "token_expired",
            "has expired",
        ),
        (
            desk.bearer(&and(good.clone(), json!({"nbf": now + 60}))),
            "token_not_yet_valid",
            "not valid yet",
        ),
        (desk.bearer_of("nobody"), "token_member", "not accepted"),
    ] {
        for path in [MODELS, "/bursar/v1/balance"] {
            assert_eq!(desk.house.get(&bearer, path).await.status(), 401, "{fault}");
        }
        let (status, code, told) = desk.told(&bearer).await;
        assert_eq!((status, &*code), (401, "invalid_credential"), "{fault}");
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{fault}: {message}");
        assert_eq!(desk.faults(fault).await, 3, "{fault}");
    }
    assert!(desk.house.provider.requests().is_empty());
}

#[tokio::test]
async fn a_token_without_the_scope_that_is_required_is_not_enough() {
    let desk = Desk::with("    required_scope: spend\n", |text| text).await;
    desk.member("ada").await;
    let claims = desk.claims("ada");
    assert_eq!(desk.call(&desk.bearer(&claims)).await, no(403, "scope_not_allowed"));
    let scoped = |scope| desk.bearer(&and(claims.clone(), json!({"scope": scope})));
    assert_eq!(desk.call(&scoped("read")).await, no(403, "scope_not_allowed"));
    assert_eq!(desk.call(&scoped("read spend")).await, yes());
}

#[tokio::test]
async fn whoever_fails_too_often_has_no_more_tokens_looked_at_and_seen_ones_go_on() {
    let bounds = crate::edits::bounds("auth_failures_per_minute: 2");
    let desk = Desk::with(NAMED, bounds).await;
    desk.member("ada").await;
    let seen = desk.bearer_of("ada");
    assert_eq!(desk.call(&seen).await, yes());
    for _ in 0..2 {
        assert_eq!(desk.call(&desk.bearer_of("nobody")).await, no(401, "invalid_credential"));
    }
    let unseen = desk.bearer(&and(desk.claims("ada"), json!({"jti": "unseen"})));
    let response = desk.house.call(&unseen, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(desk.call(&seen).await, yes());
}

#[tokio::test]
async fn a_good_token_without_the_scope_is_no_failure_of_its_address() {
    let bounds = crate::edits::bounds("auth_failures_per_minute: 1");
    let desk = Desk::with("    required_scope: spend\n", bounds).await;
    desk.member("ada").await;
    for n in 0..3 {
        let unscoped = desk.bearer(&and(desk.claims("ada"), json!({"jti": n.to_string()})));
        assert_eq!(desk.call(&unscoped).await, no(403, "scope_not_allowed"));
    }
}

#[tokio::test]
async fn no_part_of_a_token_is_told_to_anybody() {
    let printed = Printed::everything();
    let desk = Desk::new().await;
    desk.member("ada").await;
    let good = desk.bearer_of("ada").secret;
    let typo = format!("{}AAAA", &good[..good.len() - 4]);
    let stranger = desk.bearer_of("somebody else").secret;
    let expired = desk.bearer(&and(desk.claims("ada"), json!({"exp": 1}))).secret;
    let mut answers = String::new();
    for token in [&good, &typo, &stranger, &expired] {
        let get = |path: &str| desk.house.client.get(desk.house.url(path));
        let post = |path: &str| desk.house.client.post(desk.house.url(path));
        for request in [
            get(&format!("{MODELS}?key={token}")),
            get(MODELS).header("authorization", token),
            get(MODELS).bearer_auth(format!("{token}.")),
            get("/bursar/v1/balance").bearer_auth(token),
            get(MODELS).bearer_auth(token).header("x-api-key", &typo),
            post(CHAT).bearer_auth(token).json(&chat("mock-chat")),
            post(MESSAGES).header("x-api-key", token).json(&chat("mock-unheard-of")),
        ] {
            answer(request, &mut answers).await;
        }
    }
    answers.push_str(&desk.house.operations("/metrics").await.text().await.unwrap());
    desk.house.gateway.shutdown().await.unwrap();
    let printed = printed.text();
    assert!(printed.contains("token_signature") && answers.contains("invalid_credential"));
    for token in [&good, &typo, &stranger, &expired] {
        for part in token.split('.') {
            assert_no_part(part, &printed, "printed");
            assert_no_part(part, &answers, "answered");
        }
    }
}
