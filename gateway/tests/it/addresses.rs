//! From where a key may be used: the peer's word, or that of a proxy which is trusted.

use serde_json::{Value, json};
use store::Key;

use crate::calls::{CHAT, COUNT_TOKENS, MODELS, chat, streamed, with};
use crate::edits::patience;
use crate::house::House;
use crate::people::Caller;
use crate::watch::rest;

/// The tests' own address is a proxy's.
fn behind_a_proxy(text: String) -> String {
    format!("trusted_proxies: [127.0.0.0/8, \"10.0.0.0/8\"]\n{text}")
}

fn only_from(networks: &[&str]) -> impl FnOnce(&mut Key) {
    let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    |key| key.ips = Some(networks)
}

/// What a flat call is told that comes with such fields.
async fn told(house: &House, caller: &Caller, fields: &[(&str, &str)]) -> (u16, Value) {
    let call = house.post(caller, CHAT, &chat("mock-flat"));
    let call = fields.iter().fold(call, |call, (name, value)| call.header(*name, *value));
    let response = call.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json::<Value>().await.unwrap()["error"].take())
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_client_is_who_the_proxy_says() {
    let house = House::with(behind_a_proxy).await;
    let caller = house.caller("100").await;
    house.change_rules(&caller, only_from(&["203.0.113.0/24", "2001:db8::/32"])).await;
    for (forwarded, status) in [
        ("203.0.113.9", 200),
        ("2001:db8::7", 200),
        ("198.51.100.1, 203.0.113.9", 200),
        ("198.51.100.1, 203.0.113.9, 10.0.0.1", 200),
        ("::ffff:203.0.113.9", 200),
        // Whoever writes an address to the left of its own is not believed.
        ("203.0.113.9, 198.51.100.1", 403),
        ("203.0.113.9, unknown", 403),
        ("198.51.100.1", 403),
    ] {
        let (seen, error) = told(&house, &caller, &[("x-forwarded-for", forwarded)]).await;
        assert_eq!(seen, status, "{forwarded}: {error}");
    }
    let (_, error) = told(&house, &caller, &[("x-forwarded-for", "198.51.100.1")]).await;
    assert_eq!((&error["code"], &error["retryable"]), (&json!("ip_not_allowed"), &json!(false)));
    assert!(error["message"].as_str().unwrap().contains("198.51.100.1"), "{error}");
}

#[tokio::test]
async fn a_forged_address_of_somebody_who_is_no_proxy_is_not_believed() {
    let house = House::new().await;
    let caller = house.caller("100").await;
    house.change_rules(&caller, only_from(&["203.0.113.0/24"])).await;
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip"] {
        for value in ["203.0.113.9", "for=203.0.113.9"] {
            let (status, error) = told(&house, &caller, &[(name, value)]).await;
            assert_eq!((status, &error["code"]), (403, &json!("ip_not_allowed")), "{name}");
            assert!(error["message"].as_str().unwrap().contains("127.0.0.1"), "{error}");
        }
    }
    house.change_rules(&caller, only_from(&["127.0.0.1/32"])).await;
    assert_eq!(told(&house, &caller, &[("x-forwarded-for", "203.0.113.9")]).await.0, 200);
}

#[tokio::test]
async fn an_address_that_is_not_allowed_opens_no_route_at_all() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.change_rules(&caller, only_from(&["203.0.113.0/24"])).await;
    for path in [MODELS, "/bursar/v1/balance", "/bursar/v1/usage"] {
        assert_eq!(house.get(&caller, path).await.status(), 403, "{path}");
    }
    assert_eq!(house.call(&caller, COUNT_TOKENS, &chat("mock-chat")).await.status(), 403);
    house.change_rules(&caller, |_| {}).await;
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
}

#[tokio::test]
async fn a_stream_ends_where_its_address_is_no_longer_allowed() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    let call = house.post(&caller, CHAT, &body).header("x-mock-delay-ms", 300);
    let mut stream = call.send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    house.change_rules(&caller, only_from(&["203.0.113.0/24"])).await;
    let rest = rest(stream).await;
    assert!(rest.contains("ip_not_allowed") && !rest.contains("[DONE]"), "{rest}");
}

#[tokio::test]
async fn no_provider_is_told_where_a_client_is() {
    let house = House::with(behind_a_proxy).await;
    let caller = house.caller("10").await;
    let names = [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-envoy-external-address",
        "true-client-ip",
        "cf-connecting-ip",
    ];
    let fields = names.map(|name| (name, "203.0.113.9"));
    assert_eq!(told(&house, &caller, &fields).await.0, 200);
    let request = house.client.get(house.url(MODELS)).bearer_auth(&caller.secret);
    let request =
        fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let requests = house.provider.requests();
    assert_eq!(requests.len(), 2);
    for seen in requests {
        for (name, value) in &seen.headers {
            assert!(!names.contains(&name.as_str()), "{name}");
            assert!(!value.to_str().unwrap().contains("203.0.113.9"), "{name}");
        }
    }
}
