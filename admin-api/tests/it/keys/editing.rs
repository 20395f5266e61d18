//! `PATCH /api/v1/orgs/{org}/keys/{key}`.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{key_path, key_with, plain_key, shown};
use crate::client::{Client, paths, problem};
use crate::org::{ADA, DESIGN, ROBOT, SALES, SITE, acme};

async fn edit(client: &Client, key: &str, tag: &str, body: &Value) -> Response {
    let request = client.request(Method::PATCH, &key_path(key)).header("if-match", tag);
    request.json(body).send().await.unwrap()
}

/// The key once this was changed in its first version, without where that is in force.
async fn edited(client: &Client, key: &str, body: &Value) -> Value {
    let answer = edit(client, key, "\"1\"", body).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["etag"], "\"2\"");
    let mut key: Value = answer.json().await.unwrap();
    assert!(key.as_object_mut().unwrap().remove("applied").is_some());
    key
}

#[tokio::test]
async fn what_is_named_is_changed_and_the_rest_stays() {
    let client = Client::of(acme().await).await;
    let body = json!({"name": "ci", "member": ADA.to_string(), "tools": ["chatbot"],
                      "rates": {"per_second": 5, "per_minute": 60}});
    let (key, _) = key_with(&client, body).await;
    let mut expected = shown(&client, &key).await;
    let changes = json!({
        "name": "laptop", "surface": "extension", "group": DESIGN.to_string(),
        "project": SITE.to_string(), "models": ["gpt-*"], "ips": ["192.0.2.0/24"],
        "rates": {"per_minute": null, "concurrent": 3}, "expires": "2026-12-01T00:00:00Z",
    });
    let edited = edited(&client, &key, &changes).await;
    expected.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    expected["rates"] = json!({"per_second": 5, "per_minute": null, "concurrent": 3});
    expected["version"] = 2.into();
    assert_eq!(edited, expected);
    assert_eq!(shown(&client, &key).await, expected);
}

#[tokio::test]
async fn null_is_what_a_field_has_when_nothing_is_said_of_it() {
    let client = Client::of(acme().await).await;
    let (bare, _) = plain_key(&client).await;
    let body = json!({
        "name": "ci", "member": ADA.to_string(), "surface": "workspace",
        "group": SALES.to_string(), "project": SITE.to_string(), "tools": ["chatbot"],
        "models": ["gpt-5"], "ips": ["::1"], "rates": {"per_second": 1},
        "expires": "2026-12-01T00:00:00Z",
    });
    let (key, _) = key_with(&client, body).await;
    let nothing = json!({"surface": null, "group": null, "project": null, "tools": null,
                         "models": null, "ips": null, "rates": null, "expires": null});
    let cleared = edited(&client, &key, &nothing).await;
    let bare = shown(&client, &bare).await;
    for field in nothing.as_object().unwrap().keys() {
        assert_eq!(cleared[field], bare[field], "{field}");
    }
}

#[tokio::test]
async fn a_change_says_of_which_version_it_is() {
    let client = Client::of(acme().await).await;
    let (key, _) = plain_key(&client).await;
    let name = |name: &str| json!({ "name": name });
    let unsaid = client.request(Method::PATCH, &key_path(&key)).json(&name("a")).send();
    let (status, told) = problem(unsaid.await.unwrap()).await;
    assert_eq!((status, &told["code"]), (428, &"precondition_required".into()));

    assert_eq!(edit(&client, &key, "\"1\"", &name("b")).await.status(), 200);
    for stale in ["\"1\"", "\"3\"", "W/\"2\"", "\"0\", \"1\""] {
        let (status, told) = problem(edit(&client, &key, stale, &name("c")).await).await;
        assert_eq!((status, &told["code"]), (412, &"precondition_failed".into()), "{stale}");
    }
    for odd in ["2", "", "\"2", "\"2\";\"2\"", "*, \"2\""] {
        let (status, told) = problem(edit(&client, &key, odd, &name("d")).await).await;
        assert_eq!((status, paths(&told)), (400, vec!["If-Match"]), "{odd}");
    }
    assert_eq!(shown(&client, &key).await["name"], "b");
    assert_eq!(edit(&client, &key, "\"1\", \"2\"", &name("e")).await.status(), 200);
    assert_eq!(edit(&client, &key, "*", &name("f")).await.status(), 200);
    assert_eq!(shown(&client, &key).await["name"], "f");
}

#[tokio::test]
async fn what_changes_nothing_is_no_other_version() {
    let client = Client::of(acme().await).await;
    let (key, _) = plain_key(&client).await;
    for body in [json!({}), json!({"name": "ci", "tools": null})] {
        let answer = edit(&client, &key, "\"1\"", &body).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["etag"]),
            (200, &"\"1\"".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn what_a_key_cannot_become_is_told_at_once_and_not_done() {
    let client = Client::of(acme().await).await;
    let (key, _) = key_with(&client, json!({"name": "n", "member": ROBOT.to_string()})).await;
    let before = shown(&client, &key).await;
    let body = json!({
        "name": null, "group": DESIGN.to_string(), "ips": [], "expires": "2020-01-01T00:00:00Z",
        "rates": {"per_second": -1}, "member": ADA.to_string(), "status": "active", "models": ["*x"],
    });
    let (status, told) = problem(edit(&client, &key, "\"1\"", &body).await).await;
    let mut places = paths(&told);
    places.sort_unstable();
    let expected =
        ["expires", "group", "ips", "member", "models[0]", "name", "rates.per_second", "status"];
    assert_eq!((status, places), (400, expected.to_vec()));
    assert_eq!(shown(&client, &key).await, before);
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_a_mistake_however_deep() {
    let client = Client::of(acme().await).await;
    let (key, _) = plain_key(&client).await;
    let cases = [
        ("{\"name\": \"a\", \"name\": \"b\"}", "name: is there more than once"),
        (
            "{\"rates\": {\"per_second\": 1, \"per_second\": 2}}",
            "`per_second` is there more than once",
        ),
    ];
    for (body, why) in cases {
        let request = client.request(Method::PATCH, &key_path(&key)).header("if-match", "*");
        let (status, told) = problem(request.body(body).send().await.unwrap()).await;
        assert_eq!(status, 400);
        assert!(told["detail"].as_str().unwrap().contains(why), "{told}");
    }
}
