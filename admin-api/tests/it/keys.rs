//! A key that is revoked opens nothing any more, and does not come back.

use ledger::OrgId;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::client::{Client, problem};
use crate::org::{ADA, KEY, ORG, acme, acme_and_another};

async fn act(client: &Client, org: OrgId, action: &str) -> Response {
    let path = format!("/api/v1/orgs/{org}/keys/{action}");
    client.request(Method::POST, &path).send().await.unwrap()
}

async fn status(client: &Client) -> Value {
    client.get(&format!("/api/v1/orgs/{ORG}")).await["keys"][0]["status"].clone()
}

#[tokio::test]
async fn a_revoked_key_is_answered_with_where_that_is_in_force() {
    let client = Client::of(acme().await).await;
    let answer = act(&client, ORG, &format!("{KEY}:revoke")).await;
    assert_eq!(answer.status(), 200);
    let expected = json!({
        "id": KEY.to_string(), "name": "laptop", "hint": "bursar_u_4fNv", "member": ADA.to_string(),
        "surface": "api", "status": "revoked", "expires": null,
        "applied": {"nodes": 1, "of": 2, "missing": ["node_2"]},
    });
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    assert_eq!(status(&client).await, "revoked");
}

#[tokio::test]
async fn a_key_revoked_again_changes_nothing_and_the_gateways_are_told_again() {
    let client = Client::of(acme().await).await;
    let revoke = format!("{KEY}:revoke");
    let first: Value = act(&client, ORG, &revoke).await.json().await.unwrap();
    let again: Value = act(&client, ORG, &revoke).await.json().await.unwrap();
    assert_eq!(again, first);
    let told = client.changes_applied();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], told[1]);
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
        (ORG, format!("{KEY}:restore")),
        (ORG, format!("{KEY}:revoke:revoke")),
        (ORG, format!("{ADA}:revoke")),
        (ORG, ":revoke".to_owned()),
    ] {
        let (code, problem) = problem(act(&client, org, &action).await).await;
        assert_eq!((code, &problem["code"]), (404, &"not_found".into()), "{action}");
    }
    assert_eq!((status(&client).await, client.changes_applied().len()), ("active".into(), 0));
}
