//! Images.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::Fixture;

const PATH: &str = "/v1/images/generations";
const PNG_BEGINS: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::test]
async fn as_many_pictures_come_as_were_asked_for() {
    let fixture = Fixture::start().await;
    let request = json!({ "model": "mock-image", "prompt": "a budget", "n": 3 });
    let body = fixture.json(PATH, &request).await;
    let images = body["data"].as_array().unwrap();
    assert_eq!(images.len(), 3);
    for image in images {
        let bytes = STANDARD.decode(image["b64_json"].as_str().unwrap()).unwrap();
        assert!(bytes.starts_with(PNG_BEGINS));
    }
    assert_eq!(body["usage"]["input_tokens"], 2);
    assert_eq!(body["usage"]["output_tokens"], 3 * 1_056);
    assert_eq!(body["usage"]["total_tokens"], 3 * 1_056 + 2);
    let line = fixture.only_line().await;
    assert_eq!((line.images, line.output_tokens, line.complete), (3, 3 * 1_056, true));
    assert_eq!(fixture.provider.bill().models["mock-image"].images, 3);
}

#[tokio::test]
async fn a_url_leads_to_the_picture() {
    let fixture = Fixture::start().await;
    let request = json!({ "model": "mock-image", "prompt": "x", "response_format": "url" });
    let body = fixture.json(PATH, &request).await;
    let url = body["data"][0]["url"].as_str().unwrap();
    let path = url.strip_prefix(&fixture.provider.url()).unwrap();
    let response = fixture.get(path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    assert!(response.bytes().await.unwrap().starts_with(PNG_BEGINS));
}

#[tokio::test]
async fn too_many_none_or_streamed_pictures_are_a_400() {
    let fixture = Fixture::start().await;
    for bad in
        [json!({ "n": 11 }), json!({ "n": 0 }), json!({ "n": -1 }), json!({ "stream": true })]
    {
        let mut request = json!({ "model": "mock-image", "prompt": "x" });
        request.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let response = fixture.send(PATH, &request).await;
        assert_eq!(response.status(), 400, "{bad}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
}
