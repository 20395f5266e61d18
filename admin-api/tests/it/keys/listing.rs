//! `GET /api/v1/orgs/{org}/keys` and `GET /api/v1/orgs/{org}/keys/{key}`.

use reqwest::Method;
use serde_json::{Value, json};
use store::{SecretHash, Store};

use super::{act, key_path, key_with, plain_key, shown};
use crate::client::{Client, NOW, paths, problem};
use crate::org::{ADA, KEY, ORG, ROBOT, acme, acme_and_another};

async fn listed(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/api/v1/orgs/{ORG}/keys?{query}")).await;
    let keys = page["data"].as_array().unwrap().iter();
    keys.map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn keys_are_listed_by_member_and_status_as_they_are_read() {
    let client = Client::of(acme().await).await;
    let (adas, _) = plain_key(&client).await;
    let robots = json!({"name": "nightly", "member": ROBOT.to_string()});
    let (robots, _) = key_with(&client, robots).await;
    act(&client, ORG, &format!("{adas}:block")).await;
    let first = KEY.to_string();
    let of = |id| format!("member={id}");
    assert_eq!(listed(&client, "").await, [first.clone(), adas.clone(), robots.clone()]);
    assert_eq!(listed(&client, &of(ADA)).await, [first.clone(), adas.clone()]);
    assert_eq!(listed(&client, &of(ROBOT)).await, [robots]);
    assert_eq!(listed(&client, "status=blocked").await, [&*adas]);
    assert_eq!(listed(&client, &format!("{}&status=active", of(ADA))).await, [first]);
    assert_eq!(listed(&client, "status=revoked").await, [""; 0]);

    let page = client.get(&format!("/api/v1/orgs/{ORG}/keys?status=blocked&limit=1")).await;
    assert_eq!(page["data"][0], shown(&client, &adas).await);
    assert_eq!((&page["has_more"], &page["next_cursor"]), (&false.into(), &Value::Null));
}

#[tokio::test]
async fn the_pages_of_a_filtered_list_hold_each_of_it_once() {
    let client = Client::of(acme().await).await;
    let mut all = vec![KEY.to_string()];
    for _ in 0..4 {
        all.push(plain_key(&client).await.0);
        key_with(&client, json!({"name": "other", "member": ROBOT.to_string()})).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/orgs/{ORG}/keys?member={ADA}&limit=2{cursor}");
        let page = client.get(&path).await;
        let keys = page["data"].as_array().unwrap().iter();
        seen.extend(keys.map(|key| key["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_filter_that_cannot_be_is_refused_with_all_its_mistakes() {
    let client = Client::of(acme().await).await;
    let cases: [(&str, &[&str]); 4] = [
        ("member=ada", &["member"]),
        ("status=expired", &["status"]),
        ("status=active&status=active", &["status"]),
        ("limit=0&member=key_1&status=&name=ci", &["limit", "member", "status", "name"]),
    ];
    for (query, places) in cases {
        let path = format!("/api/v1/orgs/{ORG}/keys?{query}");
        let answer = client.request(Method::GET, &path).send().await.unwrap();
        let (status, problem) = problem(answer).await;
        assert_eq!((status, paths(&problem)), (400, places.to_vec()), "{query}");
    }
}

#[tokio::test]
async fn when_a_secret_was_used_is_shown_and_is_no_other_version() {
    let store = acme().await;
    let at = NOW.plus_micros(61_000_000);
    store.note_used(&[(SecretHash([0xEE; 32]), at)]).await.unwrap();
    let client = Client::of(store).await;
    let answer = client.request(Method::GET, &key_path(&KEY.to_string())).send().await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"1\"");
    let key: Value = answer.json().await.unwrap();
    assert_eq!(key["secrets"][0]["last_used"], "2026-11-23T12:01:01Z");
}

#[tokio::test]
async fn a_key_of_another_organisation_is_not_found() {
    let (store, other) = acme_and_another().await;
    let client = Client::of(store).await;
    for path in [
        format!("/api/v1/orgs/{other}/keys/{KEY}"),
        key_path("key_00000000000000000000000000000099"),
        key_path(&ADA.to_string()),
        key_path(&format!("{KEY}:revoke")),
    ] {
        let answer = client.request(Method::GET, &path).send().await.unwrap();
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (404, &"not_found".into()), "{path}");
    }
}
