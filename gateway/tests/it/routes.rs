//! Every route of every dialect is served, and charged what its provider bills.

use ledger::Credits;
use serde_json::{Value, json};

use crate::calls::{COUNT_TOKENS, EMBEDDINGS, IMAGES, MODELS, RESPONSES, chat, priced, with};
use crate::edits::price;
use crate::house::House;
use crate::watch::{credits, header, micros, request_id};

/// Makes one call; what it answers, and what became of it.
async fn call(house: &House, path: &str, body: &Value) -> (String, Value) {
    let caller = house.caller("1000").await;
    let response = house.call(&caller, path, body).await;
    assert_eq!(response.status(), 200, "{path}");
    let id = request_id(&response);
    let text = response.text().await.unwrap();
    let request = house.charged(&caller, &id, "1000").await;
    assert_eq!((&request["state"], &request["estimated"]), (&json!("settled"), &json!(false)));
    (text, request)
}

#[tokio::test]
async fn a_response_is_charged_its_usage() {
    let house = House::new().await;
    let body = json!({"model": "mock-chat", "input": "Hello", "max_output_tokens": 30});
    let (text, request) = call(&house, RESPONSES, &body).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["object"], "response");
    assert_eq!(credits(&request["charged"]), priced(&house.provider.bill().models["mock-chat"]));
    assert_eq!(request["usage"]["output_tokens"], 30);

    house.provider.reset();
    let (text, request) = call(&house, RESPONSES, &with(body, "stream", json!(true))).await;
    assert_eq!(credits(&request["charged"]), priced(&house.provider.bill().models["mock-chat"]));
    let charged = request["charged"].as_str().unwrap();
    let comment = text.find(&format!(": bursar charged={charged} remaining=")).unwrap();
    let last = text.find("event: response.incomplete").or(text.find("event: response.completed"));
    assert!(comment < last.unwrap(), "{text}");
}

#[tokio::test]
async fn embeddings_are_charged_their_input() {
    let house = House::new().await;
    for input in
        [json!("Hello"), json!(["Hello", "you", "there"]), json!([1, 2, 3]), json!([[1, 2], [3]])]
    {
        house.provider.reset();
        let (text, request) =
            call(&house, EMBEDDINGS, &json!({"model": "mock-embedding", "input": input})).await;
        let line = house.provider.bill().lines.remove(0);
        assert_eq!(credits(&request["charged"]), micros(line.input_tokens), "{input}");
        assert_eq!(
            (&request["tool"], &request["usage"]["output_tokens"]),
            (&json!("knowledge-base"), &Value::Null)
        );
        let vectors =
            serde_json::from_str::<Value>(&text).unwrap()["data"].as_array().unwrap().len();
        assert_eq!(request["outputs"], vectors);
    }
}

#[tokio::test]
async fn images_are_charged_as_many_as_were_delivered() {
    let house = House::new().await;
    let (_, request) =
        call(&house, IMAGES, &json!({"model": "mock-image", "prompt": "A cat", "n": 3})).await;
    assert_eq!((&request["charged"], &request["held"]), (&json!("120"), &json!("120")));
    assert_eq!((&request["usage"]["images"], &request["outputs"]), (&json!(3), &json!(3)));
    assert_eq!(house.provider.bill().models["mock-image"].images, 3);
}

#[tokio::test]
async fn fewer_images_than_were_asked_for_cost_less() {
    let provider = crate::wire::WireProvider::start(|mut wire| async move {
        while wire.message().await.is_some() {
            wire.send(crate::wire::json_answer(r#"{"data":[{"url":"a"},{"url":"b"}]}"#)).await;
        }
    })
    .await;
    let house = House::with(crate::wire::behind(&provider)).await;
    let (_, request) =
        call(&house, IMAGES, &json!({"model": "mock-image", "prompt": "A cat", "n": 5})).await;
    assert_eq!((&request["held"], &request["charged"]), (&json!("200"), &json!("80")));
}

#[tokio::test]
async fn the_size_and_quality_of_an_image_decide_its_price() {
    let variants = "provider: openai, model: \"mock-image:1\", tool: text-to-image, variants: [\
                    {size: 1024x1024, quality: low, per_image: \"1\"}, \
                    {size: 1024x1024, quality: high, per_image: \"9\"}]";
    let house = House::with(price(variants)).await;
    let asked = |size: &str, quality: &str| json!({"model": "mock-image:1", "prompt": "A cat", "size": size, "quality": quality});
    for (quality, charged) in [("low", "1"), ("high", "9"), ("auto", "9")] {
        let (_, request) = call(&house, IMAGES, &asked("1024x1024", quality)).await;
        assert_eq!(request["charged"], charged, "{quality}");
    }
    let caller = house.caller("100").await;
    let response = house.call(&caller, IMAGES, &asked("4096x4096", "low")).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "unpriced");
}

#[tokio::test]
async fn routes_without_a_tool_cost_nothing_and_need_a_key() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    let list: Value = house.get(&caller, MODELS).await.json().await.unwrap();
    assert_eq!(list["object"], "list");
    let one: Value = house.get(&caller, &format!("{MODELS}/mock-chat")).await.json().await.unwrap();
    assert_eq!(one["id"], "mock-chat");
    let response = house.call(&caller, COUNT_TOKENS, &chat("mock-chat")).await;
    assert_eq!(header(&response, "x-credits-held"), None);
    assert_eq!(response.json::<Value>().await.unwrap()["input_tokens"], 5);
    // The provider's own no is passed on as that.
    let response = house.get(&caller, &format!("{MODELS}/nothing")).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "x-bursar-error-source")),
        (404, Some("upstream"))
    );
    assert_eq!(house.client.get(house.url(MODELS)).send().await.unwrap().status(), 401);
    assert_eq!(house.provider.bill().requests, 0);
}

#[tokio::test]
async fn a_charge_is_split_over_grants_in_burn_order() {
    let house = House::new().await;
    let caller = house.caller("1").await;
    house.grant(&caller, "100").await;
    let response =
        house.call(&caller, IMAGES, &json!({"model": "mock-image", "prompt": "A cat"})).await;
    let id = request_id(&response);
    response.bytes().await.unwrap();
    let request = house.charged(&caller, &id, "101").await;
    let paid: Vec<Credits> =
        request["grants"].as_array().unwrap().iter().map(|paid| credits(&paid["amount"])).collect();
    assert_eq!(paid, [micros(1_000_000), micros(39_000_000)]);
}
