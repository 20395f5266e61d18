//! A body that is refused is read as far as it takes for its client to read why.

use crate::calls::{CHAT, COUNT_TOKENS, MESSAGES};
use crate::edits::{bounds, route_bounds};
use crate::house::House;
use crate::people::Caller;
use crate::sized::{KEPT, chunked, megabyte, plain, sized};
use crate::watch::{header, micros};
use crate::wire::Wire;

#[tokio::test]
async fn without_credits_a_large_body_gets_one_readable_402() {
    for (path, stream) in [(CHAT, false), (CHAT, true), (MESSAGES, false), (MESSAGES, true)] {
        let house = House::new().await;
        let caller = house.caller("0").await;
        let value = megabyte(path, stream);
        let body = serde_json::to_vec(&value).unwrap();
        let told = house.call(&caller, path, &value).await;
        assert_eq!(
            (told.status(), header(&told, "x-should-retry")),
            (402.try_into().unwrap(), Some("false"))
        );
        for answer in
            [plain(&house, &caller, path, &body).await, chunked(&house, &caller, path, &body).await]
        {
            assert_eq!((answer.status(), answer.whole), (402, true), "{answer:?}");
            assert_eq!(answer.json()["error"]["code"], "credits_exhausted");
        }
        assert!(house.provider.requests().is_empty());
    }
}

#[tokio::test]
async fn with_too_few_credits_a_large_body_gets_one_readable_402() {
    let house = House::new().await;
    let caller = house.caller("0.001").await;
    let body = serde_json::to_vec(&megabyte(CHAT, false)).unwrap();
    for answer in
        [plain(&house, &caller, CHAT, &body).await, chunked(&house, &caller, CHAT, &body).await]
    {
        assert_eq!((answer.status(), answer.whole), (402, true), "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], "request_exceeds_remaining");
    }
    assert!(house.provider.requests().iter().all(|seen| seen.body_len == 0 && !seen.complete));
    assert_eq!(house.provider.bill().requests, 0);
    house.assert_spent(&caller, "0.001", micros(0)).await;
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_before_it_does() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "expect: 100-continue\r\n").await;
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.whole), (402, true));
    assert_eq!(answer.header("connection"), Some("close"), "the body may come or not");
}

#[tokio::test]
async fn a_client_that_was_let_send_too_much_reads_why_not() {
    let house = House::with(route_bounds("/v1/chat/completions", "body: 100KiB")).await;
    let caller = house.caller("10").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "expect: 100-continue\r\n").await;
    assert_eq!(wire.head().await.unwrap().status(), 100);
    wire.send_chunked(&sized(600_000), 10_000).await;
    let answer = wire.message().await.expect("the client is told, not cut off");
    assert_eq!((answer.status(), answer.whole), (413, true));
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_however_it_comes() {
    let house = House::with(route_bounds("/v1/chat/completions", "body: 100KiB")).await;
    let caller = house.caller("10").await;
    let (most, more) = (sized(100 * 1024), sized(100 * 1024 + 1));
    for answer in
        [plain(&house, &caller, CHAT, &most).await, chunked(&house, &caller, CHAT, &most).await]
    {
        assert_eq!((answer.status(), answer.whole), (200, true));
    }
    for answer in
        [plain(&house, &caller, CHAT, &more).await, chunked(&house, &caller, CHAT, &more).await]
    {
        assert_eq!((answer.status(), answer.whole), (413, true));
        assert_eq!(answer.json()["error"]["code"], "body_too_large");
    }
    // Beyond the bound a mebibyte is still read, so that the client hears us.
    let answer = chunked(&house, &caller, CHAT, &sized(1 << 20)).await;
    assert_eq!((answer.status(), answer.whole), (413, true));
    assert_eq!(house.provider.bill().requests, 2);
    house.quiet().await;
    house.assert_spent(&caller, "10", micros(2_000_000)).await;
}

#[tokio::test]
async fn a_body_over_the_bound_of_a_route_without_a_tool_is_refused_too() {
    let house = House::with(route_bounds("/v1/messages/count_tokens", "body: 1KiB")).await;
    let caller = house.caller("0").await;
    let body = serde_json::to_vec(&megabyte(MESSAGES, false)).unwrap();
    let path = COUNT_TOKENS;
    for answer in
        [plain(&house, &caller, path, &body).await, chunked(&house, &caller, path, &body).await]
    {
        assert_eq!((answer.status(), answer.whole), (413, true));
    }
}

#[tokio::test]
async fn a_large_body_with_a_wrong_key_is_told_of_the_key() {
    let house = House::new().await;
    let stranger = Caller { secret: "sk-nobody".to_owned(), ..house.caller("0").await };
    let body = serde_json::to_vec(&megabyte(CHAT, false)).unwrap();
    let body = [body.clone(), body.clone(), body].concat();
    for answer in
        [plain(&house, &stranger, CHAT, &body).await, chunked(&house, &stranger, CHAT, &body).await]
    {
        assert_eq!((answer.status(), answer.whole), (401, true));
    }
}

#[tokio::test]
async fn an_empty_body_is_no_call() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    for answer in
        [plain(&house, &caller, CHAT, b"").await, chunked(&house, &caller, CHAT, b"").await]
    {
        assert_eq!((answer.status(), answer.whole), (400, true));
        assert_eq!(answer.json()["error"]["code"], "invalid_request");
    }
    assert_eq!(house.provider.bill().requests, 0);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let house = House::with(bounds("body_read: 100ms")).await;
    let caller = house.caller("10").await;
    let body = sized(1_000);
    // Announced in full, sent in part: of known length, and in chunks.
    let mut wire = Wire::to(house.gateway.address()).await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        caller.secret,
        body.len()
    );
    wire.send([head.as_bytes(), &body[..500]].concat()).await;
    let answer = wire.message().await.unwrap();
    assert_eq!(
        (answer.status(), answer.json()["error"]["code"].as_str()),
        (400, Some("invalid_request"))
    );
    assert_eq!(answer.header("connection"), Some("close"));

    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "").await;
    wire.send_chunk(&body[..500]).await;
    let answer = wire.message().await.unwrap();
    assert_eq!(
        (answer.status(), answer.json()["error"]["code"].as_str()),
        (400, Some("invalid_request"))
    );
    assert_eq!(house.provider.bill().requests, 0);
    house.assert_spent(&caller, "10", micros(0)).await;
}

#[tokio::test]
async fn a_connection_serves_on_after_a_refusal() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    for _ in 0..2 {
        wire.post(CHAT, &caller.secret, &sized(100)).await;
        let answer = wire.message().await.unwrap();
        assert_eq!((answer.status(), answer.header("connection")), (402, Some("keep-alive")));
    }
    house.grant(&caller, "1").await;
    wire.post(CHAT, &caller.secret, &sized(KEPT + 1)).await;
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.header("connection")), (200, Some("keep-alive")));
}

#[tokio::test]
async fn a_connection_that_will_be_closed_says_so() {
    // Decided at the end of a large body, with the way to the provider open already.
    let house = House::new().await;
    let caller = house.caller("0.5").await;
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.post(CHAT, &caller.secret, &sized(KEPT + 1)).await;
    let answer = wire.message().await.unwrap();
    assert_eq!((answer.status(), answer.header("connection")), (402, Some("close")));
    wire.closed().await;
}
