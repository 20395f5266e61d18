//! Access is taken from a member and given back, and not to one that is gone.

mod editing;

use ledger::{MemberId, MemberStatus, OrgId};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use store::{Member, Store};

use crate::client::{Client, NOW, problem};
use crate::org::{ADA, ORG, ROBOT, acme, acme_and_another, ada};

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
        (ORG, format!("{ADA}:dismiss")),
        (ORG, format!("{ADA}:REMOVE-ACCESS")),
        (ORG, format!("{ORG}:remove-access")),
        (ORG, ADA.to_string()),
    ] {
        let (code, problem) = problem(act(&client, org, &action).await).await;
        assert_eq!((code, &problem["code"]), (404, &"not_found".into()), "{action}");
    }
    assert_eq!(client.changes_applied(), []);
}

async fn verb(client: &Client, verb: &str) -> Value {
    let answer = act(client, ORG, &format!("{ADA}:{verb}")).await;
    assert_eq!(answer.status(), 200, "{verb}");
    answer.json().await.unwrap()
}

async fn keys(client: &Client) -> Vec<String> {
    let org = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    let keys = org["keys"].as_array().unwrap().iter();
    keys.map(|key| format!("{} {}", key["member"].as_str().unwrap(), key["status"])).collect()
}

#[tokio::test]
async fn with_a_deactivated_member_its_keys_and_tokens_end_and_do_not_come_back() {
    let client = Client::of(acme().await).await;
    let path = format!("/api/v1/orgs/{ORG}/keys");
    for member in [ADA, ROBOT] {
        let body = json!({"name": "more", "member": member.to_string()});
        let made = client.request(Method::POST, &path).json(&body).send().await.unwrap();
        assert_eq!(made.status(), 201);
    }
    let ended = verb(&client, "deactivate").await;
    assert_eq!(ended["status"], "deactivated");
    assert_eq!(ended["tokens_valid_after"], "2026-11-23T12:00:01Z");
    let (ada, robot) = (ADA.to_string(), ROBOT.to_string());
    let expected =
        [format!("{ada} \"revoked\""), format!("{ada} \"revoked\""), format!("{robot} \"active\"")];
    assert_eq!(keys(&client).await, expected);
    assert_eq!(verb(&client, "deactivate").await, ended);

    let again = verb(&client, "reactivate").await;
    assert_eq!(
        (&again["status"], &again["tokens_valid_after"]),
        (&"active".into(), &ended["tokens_valid_after"])
    );
    assert_eq!(keys(&client).await, expected);
}

#[tokio::test]
async fn what_a_broken_off_deactivation_left_does_not_come_back_either() {
    let store = acme().await;
    let mut standing = ada().standing;
    standing.status = MemberStatus::Deactivated;
    store.put_member(&Member { standing, ..ada() }).await.unwrap();
    let client = Client::of(store).await;
    assert_eq!(keys(&client).await, [format!("{ADA} \"active\"")]);
    verb(&client, "reactivate").await;
    assert_eq!(keys(&client).await, [format!("{ADA} \"revoked\"")]);
}

#[tokio::test]
async fn a_member_that_is_one_is_not_given_access_by_being_reactivated() {
    let client = Client::of(acme().await).await;
    verb(&client, "remove-access").await;
    assert_eq!(verb(&client, "reactivate").await["status"], "access_removed");
}

#[tokio::test]
async fn tokens_of_this_second_and_before_are_revoked_and_nothing_else() {
    let client = Client::of(acme().await).await;
    let path = format!("/api/v1/orgs/{ORG}");
    let mut before = client.get(&path).await;
    assert_eq!(before["members"][0]["tokens_valid_after"], Value::Null);
    verb(&client, "revoke-tokens").await;
    before["members"][0]["tokens_valid_after"] = "2026-11-23T12:00:01Z".into();
    assert_eq!(client.get(&path).await, before);
}

#[tokio::test]
async fn tokens_that_are_not_valid_before_a_later_time_stay_so() {
    let store = acme().await;
    let later = NOW.plus_micros(3_600_000_000);
    store.put_member(&Member { tokens_valid_after: later, ..ada() }).await.unwrap();
    let client = Client::of(store).await;
    let revoked = verb(&client, "revoke-tokens").await;
    assert_eq!(revoked["tokens_valid_after"], "2026-11-23T13:00:00Z");
}

#[tokio::test]
async fn tokens_that_were_issued_while_it_was_deactivated_are_none_of_a_member_that_is_back() {
    let store = acme().await;
    let mut standing = ada().standing;
    standing.status = MemberStatus::Deactivated;
    store.put_member(&Member { standing, ..ada() }).await.unwrap();
    let client = Client::of(store).await;
    let back = verb(&client, "reactivate").await;
    assert_eq!(back["tokens_valid_after"], "2026-11-23T12:00:01Z");
}
