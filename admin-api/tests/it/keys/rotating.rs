//! `POST /api/v1/orgs/{org}/keys/{key}:rotate`.

use std::sync::Arc;

use serde_json::{Value, json};
use store::{Model, PlainKey, Store};

use super::{act, key_with, plain_key, rotate, shown};
use crate::client::{Client, hasher, paths, problem};
use crate::org::{ADA, KEY, ORG, acme};

/// What opens a key, newest first, as it is read: the hint and the end of each.
async fn opens(client: &Client, key: &str) -> Vec<(String, Value)> {
    let key = shown(client, key).await;
    let secrets = key["secrets"].as_array().unwrap().iter();
    let hint = |secret: &Value| secret["hint"].as_str().unwrap().to_owned();
    secrets.map(|secret| (hint(secret), secret["not_after"].clone())).collect()
}

async fn rotated(client: &Client, key: &str, body: &Value) -> String {
    let answer = rotate(client, key, body).await;
    assert_eq!(answer.status(), 200);
    let rotated: Value = answer.json().await.unwrap();
    assert_eq!((&rotated["id"], &rotated["applied"]["of"]), (&key.into(), &2.into()));
    let secret = rotated["secret"].as_str().unwrap().to_owned();
    assert_eq!(rotated["hint"], secret[..13]);
    secret
}

/// Whether a secret is stored as one of the key's.
async fn is_of(store: &Model, secret: &str, key: &str) -> bool {
    let (_, hash) = hasher().hash(&PlainKey::parse(secret).unwrap());
    let opens = store.identity(&hash).await.unwrap();
    opens.is_some_and(|opens| opens.key.to_string() == key)
}

#[tokio::test]
async fn a_rotated_key_is_the_same_key_and_its_last_secret_opens_it_for_a_while() {
    let store = Arc::new(acme().await);
    let client = Client::over(store.clone()).await;
    let (key, old) = plain_key(&client).await;
    let cases = [
        (json!({}), "2026-11-24T12:00:00Z"),
        (json!({"grace": null}), "2026-11-24T12:00:00Z"),
        (json!({"grace": "90m"}), "2026-11-23T13:30:00Z"),
        (json!({"grace": "1500ms"}), "2026-11-23T12:00:01.5Z"),
        (json!({"grace": "168h"}), "2026-11-30T12:00:00Z"),
    ];
    let mut last = old;
    for (body, until) in cases {
        let new = rotated(&client, &key, &body).await;
        let expected = [(new[..13].to_owned(), Value::Null), (last[..13].to_owned(), until.into())];
        assert_eq!(opens(&client, &key).await, expected);
        assert!(is_of(&store, &new, &key).await && is_of(&store, &last, &key).await);
        last = rotated(&client, &key, &json!({"grace": "0s"})).await;
        assert!(!is_of(&store, &new, &key).await && is_of(&store, &last, &key).await);
    }
}

#[tokio::test]
async fn without_a_body_the_grace_is_a_day() {
    let client = Client::of(acme().await).await;
    let answer = act(&client, ORG, &format!("{KEY}:rotate")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(opens(&client, &KEY.to_string()).await[1].1, "2026-11-24T12:00:00Z");
}

#[tokio::test]
async fn with_two_secrets_in_use_a_third_waits_unless_it_ends_both() {
    let client = Client::of(acme().await).await;
    let (key, _) = plain_key(&client).await;
    rotated(&client, &key, &json!({"grace": "1h"})).await;
    let before = opens(&client, &key).await;
    let (status, told) = problem(rotate(&client, &key, &json!({"grace": "1h"})).await).await;
    assert_eq!((status, &told["code"]), (409, &"conflict".into()));
    assert!(told["detail"].as_str().unwrap().contains("2026-11-23T13:00:00Z"), "{told}");
    assert_eq!(opens(&client, &key).await, before);
    let last = rotated(&client, &key, &json!({"grace": "0s"})).await;
    assert_eq!(opens(&client, &key).await, [(last[..13].to_owned(), Value::Null)]);
}

#[tokio::test]
async fn a_grace_does_not_outlast_the_key() {
    let client = Client::of(acme().await).await;
    let end = "2026-11-23T14:00:00Z";
    let body = json!({"name": "ci", "member": ADA.to_string(), "expires": end});
    let (key, _) = key_with(&client, body).await;
    rotated(&client, &key, &json!({"grace": "24h"})).await;
    assert_eq!(opens(&client, &key).await[1].1, end);
}

#[tokio::test]
async fn a_revoked_key_is_not_rotated_and_a_blocked_one_stays_blocked() {
    let client = Client::of(acme().await).await;
    let (key, _) = plain_key(&client).await;
    act(&client, ORG, &format!("{key}:block")).await;
    rotated(&client, &key, &json!({"grace": "0s"})).await;
    assert_eq!(shown(&client, &key).await["status"], "blocked");
    act(&client, ORG, &format!("{key}:revoke")).await;
    let (status, told) = problem(rotate(&client, &key, &json!({})).await).await;
    assert_eq!((status, &told["code"]), (409, &"conflict".into()));
}

#[tokio::test]
async fn a_grace_that_cannot_be_is_refused() {
    let client = Client::of(acme().await).await;
    let key = KEY.to_string();
    for grace in ["169h", "1d", "", "h", "-1s", "1.5h", "24", "24 h", "99999999999999999999h"] {
        let (status, told) = problem(rotate(&client, &key, &json!({"grace": grace})).await).await;
        assert_eq!((status, paths(&told)), (400, vec!["grace"]), "{grace}");
    }
    let odd = json!({"grace": 3600, "secret": "mine"});
    let (status, told) = problem(rotate(&client, &key, &odd).await).await;
    assert_eq!((status, paths(&told)), (400, vec!["grace", "secret"]));
    assert_eq!(client.changes_applied(), []);
}
