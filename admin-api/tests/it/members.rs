//! Access is taken from a member and given back, and not to one that is gone.

use ledger::{MemberId, MemberStatus, OrgId};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use store::{Member, Store};

use crate::client::{Client, problem};
use crate::org::{ADA, ORG, acme, acme_and_another, ada};

async fn act(client: &Client, org: OrgId, action: &str) -> Response {
    let path = format!("/api/v1/orgs/{org}/members/{action}");
    client.request(Method::POST, &path).send().await.unwrap()
}

/// The status of Ada once this was asked for, and whether that was a change.
async fn after(client: &Client, verb: &str) -> (Value, bool) {
    let before = client.changes_applied().last().copied();
    let answer = act(client, ORG, &format!("{ADA}:{verb}")).await;
    assert_eq!(answer.status(), 200, "{verb}");
    let answered: Value = answer.json().await.unwrap();
    assert_eq!(answered["applied"], json!({"nodes": 1, "of": 2, "missing": ["node_2"]}));
    let stored = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    assert_eq!(stored["members"][0]["status"], answered["status"]);
    (answered["status"].clone(), client.changes_applied().last().copied() != before)
}

#[tokio::test]
async fn access_is_removed_and_restored_and_twice_is_once() {
    let client = Client::of(acme().await).await;
    for (verb, status, changed) in [
        ("remove-access", "access_removed", true),
        ("remove-access", "access_removed", false),
        ("restore-access", "active", true),
        ("restore-access", "active", false),
    ] {
        assert_eq!(after(&client, verb).await, (status.into(), changed), "{verb}");
    }
}

#[tokio::test]
async fn the_rest_of_a_member_stays_as_it_is() {
    let client = Client::of(acme().await).await;
    let path = format!("/api/v1/orgs/{ORG}");
    let before = client.get(&path).await;
    after(&client, "remove-access").await;
    after(&client, "restore-access").await;
    assert_eq!(client.get(&path).await, before);
}

#[tokio::test]
async fn a_deactivated_member_has_no_access_and_is_given_none() {
    let store = acme().await;
    let mut standing = ada().standing;
    standing.status = MemberStatus::Deactivated;
    store.put_member(&Member { standing, ..ada() }).await.unwrap();
    let client = Client::of(store).await;
    let answer = act(&client, ORG, &format!("{ADA}:restore-access")).await;
    let (code, problem) = problem(answer).await;
    assert_eq!((code, &problem["code"]), (409, &"conflict".into()));
    assert_eq!(client.changes_applied(), []);
    assert_eq!(after(&client, "remove-access").await.0, "deactivated");
}

#[tokio::test]
async fn a_member_that_the_organisation_does_not_have_is_not_found() {
    let (store, other) = acme_and_another().await;
    let client = Client::of(store).await;
    let unknown = MemberId::from_u128(0x99);
    for (org, action) in [
        (ORG, format!("{unknown}:remove-access")),
        (other, format!("{ADA}:remove-access")),
        (ORG, format!("{ADA}:deactivate")),
        (ORG, format!("{ADA}:REMOVE-ACCESS")),
        (ORG, format!("{ORG}:remove-access")),
        (ORG, ADA.to_string()),
    ] {
        let (code, problem) = problem(act(&client, org, &action).await).await;
        assert_eq!((code, &problem["code"]), (404, &"not_found".into()), "{action}");
    }
    assert_eq!(client.changes_applied(), []);
}
