//! `PATCH /api/v1/orgs/{org}`.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::client::{Client, paths, problem};
use crate::org::{ORG, acme};

async fn edit(client: &Client, body: &Value) -> Response {
    let path = format!("/api/v1/orgs/{ORG}");
    client.request(Method::PATCH, &path).json(body).send().await.unwrap()
}

#[tokio::test]
async fn an_organisation_requires_a_project_and_bounds_its_calls_until_told_otherwise() {
    let client = Client::of(acme().await).await;
    let path = format!("/api/v1/orgs/{ORG}");
    let untouched = client.get(&path).await;
    let set = json!({"require_project": true, "rates": {"per_second": 100, "concurrent": 7}});
    let answer: Value = edit(&client, &set).await.json().await.unwrap();
    assert_eq!((&answer["require_project"], &answer["applied"]["of"]), (&true.into(), &2.into()));
    let shown = client.get(&path).await;
    assert_eq!(shown["require_project"], true);
    assert_eq!(shown["rates"], json!({"per_second": 100, "per_minute": null, "concurrent": 7}));

    assert_eq!(edit(&client, &json!({"rates": {"concurrent": null}})).await.status(), 200);
    assert_eq!(client.get(&path).await["rates"]["per_second"], 100);
    assert_eq!(edit(&client, &json!({"require_project": null, "rates": null})).await.status(), 200);
    assert_eq!(client.get(&path).await, untouched);
}

#[tokio::test]
async fn what_cannot_be_set_here_is_told() {
    let client = Client::of(acme().await).await;
    let body = json!({"require_project": "yes", "rates": 5, "name": "Zenith", "plan": {}});
    let (status, told) = problem(edit(&client, &body).await).await;
    let mut places = paths(&told);
    places.sort_unstable();
    assert_eq!((status, places), (400, vec!["name", "plan", "rates", "require_project"]));
    assert_eq!(client.changes_applied(), []);
}
