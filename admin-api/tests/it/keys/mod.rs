//! Keys: made, shown, changed, rotated, blocked, revoked; and what opens them, told once.

mod editing;
mod listing;
mod making;
mod races;
mod rotating;
mod secrets;
mod verbs;

use ledger::OrgId;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::client::Client;
use crate::org::{ADA, KEY, ORG};

/// The path of a key, or of something that is done with one.
fn key_path(of: &str) -> String {
    format!("/api/v1/orgs/{ORG}/keys/{of}")
}

async fn make(client: &Client, body: &Value) -> Response {
    let path = format!("/api/v1/orgs/{ORG}/keys");
    client.request(Method::POST, &path).json(body).send().await.unwrap()
}

/// A key that is made so: its id, and what opens it.
async fn key_with(client: &Client, body: Value) -> (String, String) {
    let answer = make(client, &body).await;
    assert_eq!(answer.status(), 201);
    let made: Value = answer.json().await.unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

/// A key of Ada's about which nothing special is said.
async fn plain_key(client: &Client) -> (String, String) {
    key_with(client, json!({"name": "ci", "member": ADA.to_string()})).await
}

async fn act(client: &Client, org: OrgId, action: &str) -> Response {
    let path = format!("/api/v1/orgs/{org}/keys/{action}");
    client.request(Method::POST, &path).send().await.unwrap()
}

async fn rotate(client: &Client, key: &str, body: &Value) -> Response {
    let request = client.request(Method::POST, &key_path(&format!("{key}:rotate")));
    request.json(body).send().await.unwrap()
}

/// A key as it is read.
async fn shown(client: &Client, key: &str) -> Value {
    client.get(&key_path(key)).await
}

async fn status(client: &Client) -> Value {
    shown(client, &KEY.to_string()).await["status"].clone()
}
