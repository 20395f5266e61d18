//! A limit is set by what it limits, and removed by its name.

use ledger::{LimitId, OrgId, ProjectId};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::client::{Client, paths, problem};
use crate::org::{ADA, DESIGN, KEY, LIMIT, ORG, SITE, acme, acme_and_another};

async fn put(client: &Client, org: OrgId, body: &Value) -> Response {
    let path = format!("/api/v1/orgs/{org}/limits");
    client.request(Method::PUT, &path).json(body).send().await.unwrap()
}

/// The limit that is set by a body, without where it is in force.
async fn set(client: &Client, body: &Value) -> Value {
    let answer = put(client, ORG, body).await;
    assert_eq!(answer.status(), 200, "{body}");
    let mut limit: Value = answer.json().await.unwrap();
    let applied = limit.as_object_mut().unwrap().remove("applied").unwrap();
    assert_eq!(applied, json!({"nodes": 1, "of": 2, "missing": ["node_2"]}));
    limit
}

async fn limits(client: &Client) -> Vec<Value> {
    let org = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    org["limits"].as_array().unwrap().clone()
}

async fn remove(client: &Client, org: OrgId, limit: &str) -> Response {
    let path = format!("/api/v1/orgs/{org}/limits/{limit}");
    client.request(Method::DELETE, &path).send().await.unwrap()
}

#[tokio::test]
async fn whoever_and_whatever_is_in_an_organisation_can_be_limited() {
    let client = Client::of(acme().await).await;
    for (scope, id) in [
        ("group", DESIGN.to_string()),
        ("project", SITE.to_string()),
        ("member", ADA.to_string()),
        ("key", KEY.to_string()),
    ] {
        let body = json!({"scope": scope, "scope_id": id, "period": "week", "amount": "7.25"});
        let mut limit = set(&client, &body).await;
        let name = limit.as_object_mut().unwrap().remove("id").unwrap();
        assert!(name.as_str().unwrap().parse::<LimitId>().is_ok(), "{name}");
        let expected = json!({"scope": scope, "scope_id": id, "tool": null, "period": "week", "amount": "7.25"});
        assert_eq!(limit, expected);
    }
    assert_eq!(limits(&client).await.len(), 6);
}

#[tokio::test]
async fn a_limit_of_the_same_scope_tool_and_period_is_the_same_limit() {
    let client = Client::of(acme().await).await;
    let body = |amount| json!({"scope": "org", "period": "cycle", "amount": amount});
    let lowered = set(&client, &body("120")).await;
    assert_eq!((&lowered["id"], &lowered["amount"]), (&LIMIT.to_string().into(), &"120".into()));
    let told = client.changes_applied();
    assert_eq!(set(&client, &body("120")).await, lowered);
    let again = client.changes_applied();
    assert_eq!(again[told.len()..], told[told.len() - 1..], "the same again is no other change");
    assert_eq!(limits(&client).await.len(), 2);

    let one_tool = json!({"scope": "org", "tool": "chatbot", "period": "cycle", "amount": "0",
                          "counts_from": "now"});
    let other = set(&client, &one_tool).await;
    assert_eq!((&other["tool"], &other["amount"]), (&"chatbot".into(), &"0".into()));
    assert_ne!(other["id"], lowered["id"]);
    assert_eq!(limits(&client).await.len(), 3);
}

#[tokio::test]
async fn a_removed_limit_is_gone_and_cannot_be_removed_twice() {
    let client = Client::of(acme().await).await;
    let answer = remove(&client, ORG, &LIMIT.to_string()).await;
    assert_eq!(answer.status(), 200);
    let applied = json!({"nodes": 1, "of": 2, "missing": ["node_2"]});
    let expected = json!({"id": LIMIT.to_string(), "applied": applied});
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    assert_eq!(limits(&client).await.len(), 1);
    let (code, problem) = problem(remove(&client, ORG, &LIMIT.to_string()).await).await;
    assert_eq!((code, &problem["code"]), (404, &"not_found".into()));
    assert_eq!(client.changes_applied().len(), 1);

    // What is set in its place is another limit.
    let body = json!({"scope": "org", "period": "cycle", "amount": "500"});
    assert_ne!(set(&client, &body).await["id"], LIMIT.to_string());
}

#[tokio::test]
async fn a_limit_that_the_organisation_does_not_have_is_not_found() {
    let (store, other) = acme_and_another().await;
    let client = Client::of(store).await;
    for (org, limit) in [
        (ORG, LimitId::from_u128(0x99).to_string()),
        (other, LIMIT.to_string()),
        (ORG, ADA.to_string()),
        (ORG, "lim_".to_owned()),
    ] {
        let (code, problem) = problem(remove(&client, org, &limit).await).await;
        assert_eq!((code, &problem["code"]), (404, &"not_found".into()), "{limit}");
    }
    assert_eq!(limits(&client).await.len(), 2);
}

#[tokio::test]
async fn every_mistake_of_a_limit_is_told_at_once() {
    let (store, other) = acme_and_another().await;
    let client = Client::of(store).await;
    let gone = ProjectId::from_u128(9).to_string();
    let ada = ADA.to_string();
    for (org, body, expected) in [
        (ORG, json!({}), vec!["scope", "period", "amount"]),
        (
            ORG,
            json!({"scope": "team", "scope_id": 5, "tool": "Chat bot", "period": "year",
                   "amount": 12.5, "counts_from": "then", "resets": true}),
            vec!["scope", "tool", "period", "amount", "counts_from", "resets"],
        ),
        (
            ORG,
            json!({"scope": "org", "scope_id": ada, "period": "day", "amount": "-1"}),
            vec!["scope_id", "amount"],
        ),
        (ORG, json!({"scope": "member", "period": "day", "amount": "1"}), vec!["scope_id"]),
        (
            ORG,
            json!({"scope": "project", "scope_id": gone, "period": "day", "amount": "1"}),
            vec!["scope_id"],
        ),
        (
            ORG,
            json!({"scope": "key", "scope_id": ada, "period": "day", "amount": "1"}),
            vec!["scope_id"],
        ),
        (
            other,
            json!({"scope": "member", "scope_id": ada, "period": "day", "amount": "1"}),
            vec!["scope_id"],
        ),
    ] {
        let (code, problem) = problem(put(&client, org, &body).await).await;
        assert_eq!((code, &problem["code"]), (400, &"invalid_request".into()), "{body}");
        assert_eq!(paths(&problem), expected, "{body}");
    }
    assert_eq!(client.changes_applied(), []);
}
