//! What every answer has in common, above all the unhappy ones.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use store::Error;

use crate::client::{Client, paths, problem};
use crate::failing::{Failing, REASON};
use crate::org::{ORG, acme};

fn grants() -> String {
    format!("/api/v1/orgs/{ORG}/grants")
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_is_not_kept() {
    let client = Client::of(acme().await).await;
    let mut ids = BTreeSet::new();
    let requests = [
        client.request(Method::GET, "/api/v1/orgs").header("x-request-id", "mine"),
        client.request(Method::GET, "/api/v1/nothing"),
        client.request(Method::DELETE, "/api/v1/orgs"),
        client.request(Method::POST, &grants()).body("{"),
        client.bare(Method::GET, "/api/v1/orgs"),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
        let id = answer.headers()["x-request-id"].to_str().unwrap();
        assert!(id.len() == 36 && id.starts_with("adm_"), "{id}");
        ids.insert(id.to_owned());
    }
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn a_path_that_is_not_there_is_an_unknown_route() {
    let client = Client::of(acme().await).await;
    for path in ["/", "/api/v1/org", "/api/v1/orgs/", "/api/v2/orgs", "/api/v1/orgs/a/b/c"] {
        let answer = client.request(Method::GET, path).send().await.unwrap();
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (404, &"unknown_route".into()), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let client = Client::of(acme().await).await;
    let cases = [
        (Method::POST, "/api/v1/orgs".to_owned(), "GET,HEAD"),
        (Method::OPTIONS, format!("/api/v1/orgs/{ORG}"), "GET,HEAD,PATCH"),
        (Method::GET, grants(), "POST"),
    ];
    for (method, path, allow) in cases {
        let answer = client.request(method.clone(), &path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allow);
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (405, &"method_not_allowed".into()), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused_and_the_place_is_said() {
    let client = Client::of(acme().await).await;
    let deep = format!("{{\"kind\":{}", "[".repeat(200));
    let cases: [(&[u8], &str); 8] = [
        (b"", "line 1 column 0"),
        (b"{\n  \"kind\": top_up\n}", "line 2 column 12"),
        (b"{\"kind\":\"promo\",}", "line 1 column 17"),
        (b"{} {}", "line 1 column 4"),
        (b"[]", "a JSON object"),
        (b"\"promo\"", "a JSON object"),
        (b"{\"kind\":\"\xff\"}", "line 1 column"),
        (deep.as_bytes(), "recursion limit"),
    ];
    for (body, why) in cases {
        let request = client
            .request(Method::POST, &grants())
            .header("content-type", "application/json; charset=utf-8")
            .body(body.to_vec());
        let (status, problem) = problem(request.send().await.unwrap()).await;
        assert_eq!((status, paths(&problem)), (400, vec![""]), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{why}: {problem}");
    }
}

#[tokio::test]
async fn a_body_that_is_said_to_be_something_else_is_refused() {
    let client = Client::of(acme().await).await;
    let body = json!({ "kind": "promo", "amount": "1" }).to_string();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "application/jsonl", ""] {
        let request = client.request(Method::POST, &grants()).header("content-type", kind);
        let (status, problem) = problem(request.body(body.clone()).send().await.unwrap()).await;
        assert_eq!((status, &problem["code"]), (415, &"unsupported_media_type".into()), "{kind}");
    }
    let unsaid = client.request(Method::POST, &grants()).body(body);
    assert_eq!(unsaid.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_too_large() {
    let client = Client::of(acme().await).await;
    let padded = |length: usize| {
        let mut body = json!({ "kind": "promo", "amount": "1" }).to_string();
        body.push_str(&" ".repeat(length - body.len()));
        let request = client.request(Method::POST, &grants());
        request.header("content-type", "application/json").body(body)
    };
    assert_eq!(padded(1 << 20).send().await.unwrap().status(), 201);
    for length in [(1 << 20) + 1, 5 << 20] {
        let (status, problem) = problem(padded(length).send().await.unwrap()).await;
        assert_eq!((status, &problem["code"]), (413, &"body_too_large".into()));
    }
}

#[tokio::test]
async fn without_its_store_it_asks_to_come_again_and_keeps_the_reason_to_itself() {
    let client = Client::of(Failing(Error::Unavailable)).await;
    let requests = [
        client.request(Method::GET, "/api/v1/orgs"),
        client.request(Method::GET, &format!("/api/v1/orgs/{ORG}")),
        client.request(Method::POST, &grants()).json(&json!({ "kind": "promo", "amount": "1" })),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["retry-after"], "1");
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (503, &"ledger_unavailable".into()));
        assert!(!problem.to_string().contains(REASON));
    }
}

#[tokio::test]
async fn what_should_not_happen_is_told_to_the_log_only() {
    let client = Client::of(Failing(Error::Corrupt)).await;
    let answer = client.request(Method::GET, "/api/v1/orgs").send().await.unwrap();
    let (status, problem) = problem(answer).await;
    assert_eq!((status, &problem["code"]), (500, &"internal".into()));
    assert!(!problem.to_string().contains(REASON));
}

#[tokio::test]
async fn it_ends_when_told_to_with_idle_connections_open() {
    let client = Client::of(acme().await).await;
    client.get("/api/v1/orgs").await;
    client.stop().await.unwrap();
}
