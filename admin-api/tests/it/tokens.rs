//! `POST /api/v1/orgs/{org}/tokens:revoke`.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use store::Store;

use crate::client::{Client, paths, problem};
use crate::org::{ORG, acme};

const PATH: &str = "/api/v1/orgs/org_0000000000000000000000000000000a/tokens:revoke";

#[tokio::test]
async fn a_token_is_revoked_until_no_gateway_would_take_it() {
    let store = Arc::new(acme().await);
    let client = Client::over(store.clone()).await;
    for (jti, expires, until) in [
        ("a", Value::Null, "2026-12-24T12:00:00Z"),
        // A little longer than it is valid, since clocks differ.
        ("b", "2026-11-23T13:00:00Z".into(), "2026-11-23T13:05:00Z"),
        ("c", "2030-01-01T00:00:00Z".into(), "2026-12-24T12:00:00Z"),
    ] {
        let body = json!({"issuer": "https://login.example.com/", "jti": jti, "expires": expires});
        let answer = client.request(Method::POST, PATH).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let expected = json!({
            "issuer": "https://login.example.com/", "jti": jti, "until": until,
            "applied": {"nodes": 1, "of": 2, "missing": ["node_2"]},
        });
        assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    }
    let revoked = store.load(ORG).await.unwrap().unwrap().revoked_tokens;
    assert_eq!(revoked.iter().map(|token| token.jti.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(client.changes_applied().len(), 3);
}

#[tokio::test]
async fn a_token_that_cannot_be_named_is_told() {
    let client = Client::of(acme().await).await;
    let body = json!({"jti": "", "expires": "2026-11-23T11:00:00Z", "token": "eyJ..."});
    let answer = client.request(Method::POST, PATH).json(&body).send().await.unwrap();
    let (status, told) = problem(answer).await;
    let mut places = paths(&told);
    places.sort_unstable();
    assert_eq!((status, places), (400, vec!["expires", "issuer", "jti", "token"]));
    assert_eq!(client.changes_applied(), []);
}

#[tokio::test]
async fn a_token_of_nobody_who_is_believed_is_not_said_to_be_revoked() {
    let client = Client::of(acme().await).await;
    for issuer in ["https://login.example.com", "https://LOGIN.example.com/", "corp"] {
        let body = json!({"issuer": issuer, "jti": "a"});
        let answer = client.request(Method::POST, PATH).json(&body).send().await.unwrap();
        let (status, told) = problem(answer).await;
        assert_eq!((status, paths(&told)), (400, vec!["issuer"]), "{issuer}");
    }
    assert_eq!(client.changes_applied(), []);
}
