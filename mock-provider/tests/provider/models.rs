//! The list of models, in both shapes.

use serde_json::{Value, json};

use crate::support::Fixture;

#[tokio::test]
async fn the_list_has_the_shape_of_openai() {
    let fixture = Fixture::start().await;
    let list: Value = fixture.get("/v1/models").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["object"], "list");
    let first = json!({
        "id": "mock-chat", "object": "model",
        "created": 1_767_225_600, "owned_by": "mock-provider",
    });
    assert_eq!(list["data"][0], first);
    let one: Value =
        fixture.get("/v1/models/mock-chat").send().await.unwrap().json().await.unwrap();
    assert_eq!(one, first);
}

#[tokio::test]
async fn with_a_version_header_the_list_has_the_shape_of_anthropic() {
    let fixture = Fixture::start().await;
    let get = |path| fixture.get(path).header("anthropic-version", "2023-06-01").send();
    let list: Value = get("/v1/models").await.unwrap().json().await.unwrap();
    let first = json!({
        "type": "model", "id": "mock-chat",
        "display_name": "mock-chat", "created_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(list["data"][0], first);
    assert_eq!(list["first_id"], "mock-chat");
    assert_eq!(list["has_more"], false);
    let one: Value = get("/v1/models/mock-chat").await.unwrap().json().await.unwrap();
    assert_eq!(one, first);
    let none = get("/v1/models/claude-9").await.unwrap();
    assert_eq!(none.status(), 404);
    assert_eq!(none.json::<Value>().await.unwrap()["error"]["type"], "not_found_error");
}

#[tokio::test]
async fn lists_are_not_on_the_bill() {
    let fixture = Fixture::start().await;
    fixture.get("/v1/models").send().await.unwrap();
    assert_eq!(fixture.get("/v1/models/gpt-9").send().await.unwrap().status(), 404);
    assert_eq!(fixture.provider.bill().requests, 0);
}
