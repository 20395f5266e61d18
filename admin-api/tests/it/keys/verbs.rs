//! Blocked, unblocked and revoked, each whatever the key was before.

use ledger::OrgId;
use serde_json::json;

use super::{act, key_path, key_with, shown, status};
use crate::client::{Client, problem};
use crate::org::{ADA, KEY, ORG, acme, acme_and_another};

/// The status of the key once this was asked for, and whether that was a change.
async fn after(client: &Client, verb: &str) -> (u16, String, bool) {
    let before = client.changes_applied().last().copied();
    let answer = act(client, ORG, &format!("{KEY}:{verb}")).await;
    let code = answer.status().as_u16();
    if code == 200 {
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let answered: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answered["applied"], json!({"nodes": 1, "of": 2, "missing": ["node_2"]}));
        assert_eq!(tag, format!("\"{}\"", answered["version"]));
        assert_eq!(answered["status"], status(client).await);
    }
    let changed = client.changes_applied().last().copied() != before;
    (code, status(client).await.as_str().unwrap().to_owned(), changed)
}

#[tokio::test]
async fn a_block_is_undone_and_a_revocation_is_not_and_twice_is_once() {
    let client = Client::of(acme().await).await;
    for (verb, code, status, changed) in [
        ("unblock", 200, "active", true),
        ("block", 200, "blocked", true),
        ("block", 200, "blocked", false),
        ("unblock", 200, "active", true),
        ("unblock", 200, "active", false),
        ("block", 200, "blocked", true),
        ("revoke", 200, "revoked", true),
        ("revoke", 200, "revoked", false),
        ("block", 200, "revoked", false),
        ("unblock", 409, "revoked", false),
    ] {
        assert_eq!(after(&client, verb).await, (code, status.to_owned(), changed), "{verb}");
    }
}

#[tokio::test]
async fn a_verb_changes_nothing_but_the_status() {
    let client = Client::of(acme().await).await;
    let whole = json!({"name": "ci", "member": ADA.to_string(), "tools": ["chatbot"]});
    let (key, _) = key_with(&client, whole).await;
    let before = shown(&client, &key).await;
    for (verb, status, version) in [("block", "blocked", 2), ("revoke", "revoked", 3)] {
        act(&client, ORG, &format!("{key}:{verb}")).await;
        let mut expected = before.clone();
        expected["status"] = status.into();
        expected["version"] = version.into();
        assert_eq!(shown(&client, &key).await, expected);
    }
}

#[tokio::test]
async fn a_verb_takes_no_fields() {
    let client = Client::of(acme().await).await;
    for verb in ["block", "unblock", "revoke"] {
        let request = client.request(reqwest::Method::POST, &key_path(&format!("{KEY}:{verb}")));
        let answer = request.json(&json!({"grace": "1h"})).send().await.unwrap();
        assert_eq!(problem(answer).await.0, 400, "{verb}");
    }
    assert_eq!((status(&client).await, client.changes_applied().len()), ("active".into(), 0));
}

#[tokio::test]
async fn a_key_that_the_organisation_does_not_have_is_not_found() {
    let (store, other) = acme_and_another().await;
    let client = Client::of(store).await;
    let unknown = KEY.to_string().replace('4', "5");
    for (org, action) in [
        (ORG, format!("{unknown}:revoke")),
        (other, format!("{KEY}:revoke")),
        (OrgId::from_u128(0xc), format!("{KEY}:revoke")),
        (ORG, KEY.to_string()),
        (ORG, format!("{KEY}:unrevoke")),
        (ORG, format!("{KEY}:revoke:revoke")),
        (ORG, format!("{ADA}:revoke")),
        (ORG, ":revoke".to_owned()),
    ] {
        let (code, problem) = problem(act(&client, org, &action).await).await;
        assert_eq!((code, &problem["code"]), (404, &"not_found".into()), "{action}");
    }
    assert_eq!((status(&client).await, client.changes_applied().len()), ("active".into(), 0));
}
