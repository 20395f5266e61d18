//! A configuration that changes is in force for the next request, and for no earlier one.

use serde_json::Value;

use crate::calls::{CHAT, chat};
use crate::edits::{patience, price, replaced};
use crate::house::House;
use crate::watch::request_id;

#[tokio::test]
async fn a_request_keeps_the_prices_that_it_began_with() {
    let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"1\"";
    let house = House::with(|text| price(slow)(patience("60s")(text))).await;
    let caller = house.caller("10").await;
    let call = house.post(&caller, CHAT, &chat("mock-slow:9"));
    let running = tokio::spawn(call.header("x-mock-delay-ms", 300).send());
    house.provider.requests_when(|requests| !requests.is_empty()).await;
    house.reload(|text| {
        let text = replaced(&text, slow, &slow.replace("\"1\"", "\"5\""));
        replaced(&text, "version: \"tests\"", "version: \"dearer\"")
    });
    let later = house.call(&caller, CHAT, &chat("mock-slow:9")).await;
    for (response, charged, book) in
        [(running.await.unwrap().unwrap(), "1", "tests"), (later, "5", "dearer")]
    {
        let request = house.ended(&caller, &request_id(&response)).await;
        assert_eq!((&request["charged"], &request["price_book"]), (&charged.into(), &book.into()));
    }
}

#[tokio::test]
async fn a_price_or_a_route_that_is_taken_away_is_gone() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    house
        .reload(|text| replaced(&text, "openai, model: mock-flat,", "openai, model: mock-flat:8,"));
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "unpriced");
    house.reload(|text| replaced(&text, "/v1/chat/completions", "/v1/chat/completed"));
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 404);
}
