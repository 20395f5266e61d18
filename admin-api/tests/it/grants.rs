//! `POST /api/v1/orgs/{org}/grants`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Client, paths, problem};
use crate::org::{ADA, DESIGN, ORG, ROBOT, SALES, acme};

fn post(client: &Client) -> RequestBuilder {
    client.request(Method::POST, &format!("/api/v1/orgs/{ORG}/grants"))
}

/// The grant that a body makes.
async fn made(client: &Client, body: Value) -> Value {
    let answer = post(client).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

/// The problem that a body meets, always a 400.
async fn refused(client: &Client, body: &Value) -> Value {
    let (status, problem) = problem(post(client).json(body).send().await.unwrap()).await;
    assert_eq!((status, &problem["code"]), (400, &"invalid_request".into()), "{body}");
    problem
}

async fn grants(client: &Client) -> Vec<Value> {
    let org = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    org["grants"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_grant_is_for_everyone_from_now_on_and_for_ever_unless_said_otherwise() {
    let client = Client::of(acme().await).await;
    let made = made(&client, json!({ "kind": "top_up", "amount": "12.50" })).await;
    let id = made["id"].clone();
    assert!(id.as_str().unwrap().starts_with("gra_"));
    let expected = json!({
        "id": id, "kind": "top_up", "amount": "12.5",
        "start": "2026-11-23T12:00:00Z", "end": null, "created": "2026-11-23T12:00:00Z",
        "everyone": true, "members": [], "groups": [],
        "applied": { "nodes": 1, "of": 2, "missing": ["node_2"] },
    });
    assert_eq!(made, expected);
}

#[tokio::test]
async fn a_grant_is_made_as_asked_and_stands_in_the_organisation() {
    let client = Client::of(acme().await).await;
    let body = json!({
        "kind": "promo", "amount": "0.000001",
        "members": [ADA.to_string(), ROBOT.to_string()], "groups": [SALES.to_string()],
        "start": "2026-12-01T00:00:00+01:00", "end": "2027-01-01T00:00:00.5Z",
    });
    let made = made(&client, body.clone()).await;
    let grants = grants(&client).await;
    let stored = grants.iter().find(|grant| grant["id"] == made["id"]).unwrap();
    for field in ["kind", "amount", "members", "groups", "end"] {
        assert_eq!((&made[field], &stored[field]), (&body[field], &body[field]), "{field}");
    }
    assert_eq!(stored["start"], "2026-11-30T23:00:00Z");
    assert_eq!((&stored["spent"], &stored["available"]), (&"0".into(), &"0.000001".into()));
}

#[tokio::test]
async fn null_and_an_empty_list_are_the_same_as_nothing() {
    let client = Client::of(acme().await).await;
    let body = json!({
        "kind": "promo", "amount": "1", "members": [], "groups": null, "start": null, "end": null,
    });
    assert_eq!(made(&client, body).await["everyone"], true);
}

#[tokio::test]
async fn the_gateways_are_told_of_the_change_that_the_grant_is() {
    let store = acme().await;
    let before = store::Store::stamp(&store).await.unwrap().seq;
    let client = Client::of(store).await;
    made(&client, json!({ "kind": "seat", "amount": "5", "members": [ADA.to_string()] })).await;
    assert_eq!(client.changes_applied(), [store::ChangeSeq(before.0 + 1)]);
}

#[tokio::test]
async fn a_mistake_in_a_body_is_named_by_its_path() {
    let client = Client::of(acme().await).await;
    let (ada, design) = (ADA.to_string(), DESIGN.to_string());
    let stranger = "mem_00000000000000000000000000000099";
    let with = |field: &str, value: Value| {
        let mut body = json!({ "kind": "top_up", "amount": "1" });
        body[field] = value;
        body
    };
    let cases = [
        (with("kind", json!("gift")), "kind"),
        (with("kind", json!(7)), "kind"),
        (with("kind", Value::Null), "kind"),
        (with("amount", json!(12.5)), "amount"),
        (with("amount", json!("0")), "amount"),
        (with("amount", json!("-5")), "amount"),
        (with("amount", json!("1e6")), "amount"),
        (with("amount", json!("0.0000001")), "amount"),
        (with("amount", json!("9223372036854.775808")), "amount"),
        (with("amount", json!("")), "amount"),
        (with("members", json!(ada)), "members"),
        (with("members", json!([ada, 7])), "members[1]"),
        (with("members", json!([ada, design])), "members[1]"),
        (with("members", json!([ada, ada])), "members[1]"),
        (with("members", json!([stranger])), "members[0]"),
        (with("groups", json!([ada])), "groups[0]"),
        (with("groups", json!(["grp_00000000000000000000000000000099"])), "groups[0]"),
        (with("groups", json!({})), "groups"),
        (with("start", json!("tomorrow")), "start"),
        (with("start", json!(1_795_435_200)), "start"),
        (with("end", json!("2026-12-31")), "end"),
        (with("end", json!("2026-12-31T00:00:00")), "end"),
        (with("end", json!("2026-11-23T12:00:00Z")), "end"),
        (with("end", json!("2020-01-01T00:00:00Z")), "end"),
        (with("ends", json!("2027-01-01T00:00:00Z")), "ends"),
    ];
    for (body, path) in cases {
        assert_eq!(paths(&refused(&client, &body).await), [path], "{body}");
    }
    assert_eq!(grants(&client).await.len(), 2, "nothing was granted");
    assert!(client.changes_applied().is_empty());
}

#[tokio::test]
async fn an_end_must_come_after_the_start() {
    let client = Client::of(acme().await).await;
    let body = json!({
        "kind": "promo", "amount": "1",
        "start": "2027-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z",
    });
    assert_eq!(paths(&refused(&client, &body).await), ["end"]);
}

#[tokio::test]
async fn a_seat_is_for_one_member_and_no_group() {
    let client = Client::of(acme().await).await;
    let (ada, robot, design) = (ADA.to_string(), ROBOT.to_string(), DESIGN.to_string());
    let listed = [
        json!({}),
        json!({ "members": [ada, robot] }),
        json!({ "members": [ada], "groups": [design] }),
        json!({ "groups": [design] }),
    ];
    for mut body in listed {
        body["kind"] = "seat".into();
        body["amount"] = "1".into();
        assert_eq!(paths(&refused(&client, &body).await), ["members"], "{body}");
    }
}

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let client = Client::of(acme().await).await;
    let body = json!({
        "kind": "gift", "members": ["x", 1], "groups": 5, "end": "never", "note": "hello",
    });
    let request = post(&client).header("idempotency-key", "two words");
    let (_, problem) = problem(request.json(&body).send().await.unwrap()).await;
    let places =
        ["Idempotency-Key", "kind", "amount", "members[0]", "members[1]", "groups", "end", "note"];
    assert_eq!(paths(&problem), places);
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_refused() {
    let client = Client::of(acme().await).await;
    let request = post(&client)
        .header("content-type", "application/json")
        .body(r#"{"kind":"promo","amount":"1","amount":"1000"}"#);
    let (status, problem) = problem(request.send().await.unwrap()).await;
    assert_eq!((status, paths(&problem)), (400, vec!["amount"]));
}

#[tokio::test]
async fn a_request_with_the_name_of_an_earlier_one_grants_nothing_more() {
    let client = Client::of(acme().await).await;
    let named = |amount: &str| {
        let body = json!({ "kind": "top_up", "amount": amount });
        post(&client).header("idempotency-key", "invoice-2026-11").json(&body)
    };
    let first: Value = named("7").send().await.unwrap().json().await.unwrap();
    let again = named("7").send().await.unwrap();
    assert_eq!(again.status(), 201);
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    assert_eq!(grants(&client).await.len(), 3);

    let (status, problem) = problem(named("8").send().await.unwrap()).await;
    assert_eq!((status, &problem["code"]), (422, &"idempotency_mismatch".into()));
    assert_eq!(grants(&client).await.len(), 3);
}

#[tokio::test]
async fn the_name_of_a_request_is_visible_and_not_too_long() {
    let client = Client::of(acme().await).await;
    let body = json!({ "kind": "promo", "amount": "1" });
    for name in [String::new(), "two words".to_owned(), "ü".to_owned(), "x".repeat(256)] {
        let request = post(&client).header("idempotency-key", &name).json(&body);
        let (status, problem) = problem(request.send().await.unwrap()).await;
        assert_eq!((status, paths(&problem)), (400, vec!["Idempotency-Key"]), "{name}");
    }
    let longest = post(&client).header("idempotency-key", "x".repeat(255)).json(&body);
    assert_eq!(longest.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn an_organisation_that_is_not_there_is_granted_nothing() {
    let client = Client::of(acme().await).await;
    let path = "/api/v1/orgs/org_000000000000000000000000000000ff/grants";
    let request = client.request(Method::POST, path).json(&json!({ "kind": "x" }));
    let (status, problem) = problem(request.send().await.unwrap()).await;
    assert_eq!((status, &problem["code"]), (404, &"not_found".into()));
}
