//! A caller is told what it may spend, what it has spent and what became of its requests; of
//! others, nothing.

use ledger::{Access, GrantKind, Scope};
use reqwest::Method;
use serde_json::{Value, json};

use crate::calls::{CHAT, FLAT, chat};
use crate::edits::patience;
use crate::house::House;
use crate::watch::{header, request_id};

const USAGE: &str = "/bursar/v1/usage";

#[tokio::test]
async fn a_balance_is_the_limits_and_grants_of_the_caller_and_what_remains() {
    let house = House::new().await;
    let caller = house.caller("5").await;
    house.grant_to(Access::Everyone, GrantKind::TopUp, "10").await;
    house.caller("7").await;
    house.limit(Scope::Member(caller.member), "12").await;
    house.call(&caller, CHAT, &chat("mock-flat")).await.bytes().await.unwrap();
    let balance = house.balance(&caller).await;
    assert_eq!(balance["member"], caller.member.to_string());
    assert_eq!(balance["key"], caller.key.to_string());
    assert_eq!(balance["remaining"], "11");
    let pick = |account: &Value, names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| account[name].clone()).collect()
    };
    let limits = balance["limits"].as_array().unwrap();
    assert_eq!(limits.len(), 1);
    assert_eq!(
        pick(&limits[0], &["scope", "period", "amount", "spent", "held", "remaining"]),
        [json!("member"), json!("total"), json!("12"), json!("1"), json!("0"), json!("11")]
    );
    // In burn order, and none of another's seat.
    let grants = balance["grants"].as_array().unwrap();
    let told = grants
        .iter()
        .map(|grant| pick(grant, &["kind", "restricted", "amount", "spent", "remaining"]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            [json!("seat"), json!(true), json!("5"), json!("1"), json!("4")],
            [json!("top_up"), json!(false), json!("10"), json!("0"), json!("10")],
        ]
    );
}

#[tokio::test]
async fn a_running_request_is_in_the_balance_and_told_as_running() {
    let house = House::with(|text| {
        let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"1\"";
        crate::edits::price(slow)(patience("60s")(text))
    })
    .await;
    let caller = house.caller("3").await;
    let call =
        house.post(&caller, CHAT, &chat("mock-slow:9")).header("x-mock-delay-ms", 50_000).send();
    let running = tokio::spawn(call);
    let seen = house.provider.requests_when(|requests| !requests.is_empty()).await;
    let id = seen[0].header("x-request-id").unwrap();
    let request = house.request(&caller, id).await;
    assert_eq!((&request["state"], &request["held"]), (&json!("running"), &json!(FLAT)));
    assert_eq!((&request["charged"], &request["ended_at"]), (&Value::Null, &Value::Null));
    assert_eq!((&request["model"], &request["tool"]), (&json!("mock-slow:9"), &json!("chatbot")));
    let balance = house.balance(&caller).await;
    assert_eq!((&balance["remaining"], &balance["grants"][0]["held"]), (&json!("2"), &json!("1")));
    running.abort();
    let request = house.ended(&caller, id).await;
    assert_eq!((&request["state"], &request["cause"]), (&json!("released"), &json!("client_gone")));
}

#[tokio::test]
async fn a_request_is_told_to_who_made_it_also_after_it_was_stored() {
    let house = House::new().await;
    let (caller, other) = (house.caller("3").await, house.caller("3").await);
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    let id = request_id(&response);
    response.bytes().await.unwrap();
    let fresh = house.ended(&caller, &id).await;
    assert_eq!(fresh["grants"][0]["amount"], FLAT);
    // Until the store has it, and from then on.
    while house.usage(&caller).await["requests"] == 0 {}
    assert_eq!(house.request(&caller, &id).await, fresh);

    let path = format!("/bursar/v1/requests/{id}");
    for (who, path) in [
        (&other, &*path),
        (&caller, "/bursar/v1/requests/req_1-1-999"),
        (&caller, "/bursar/v1/requests/nonsense"),
        (&caller, "/bursar/v1/requests/"),
    ] {
        let response = house.get(who, path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "unknown_request");
    }
}

#[tokio::test]
async fn usage_is_the_callers_own_by_day_tool_and_model() {
    let house = House::new().await;
    let (caller, other) = (house.caller("10").await, house.caller("10").await);
    for who in [&caller, &caller, &other] {
        house.call(who, CHAT, &chat("mock-flat")).await.bytes().await.unwrap();
    }
    house.call(&caller, CHAT, &chat("mock-chat")).await.bytes().await.unwrap();
    let mut usage = house.usage(&caller).await;
    while usage["requests"] != 3 {
        usage = house.usage(&caller).await;
    }
    let rows = usage["data"].as_array().unwrap();
    let told = rows.iter().map(|row| {
        json!([row["tool"], row["model"], row["requests"], row["charged"], row["output_tokens"]])
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            json!(["chatbot", "mock-chat", 1, "0.000615", 40]),
            json!(["chatbot", "mock-flat", 2, "2", 16]),
        ]
    );
    assert_eq!(usage["charged"], "2.000615");
}

#[tokio::test]
async fn the_days_of_usage_are_bounded() {
    let house = House::new().await;
    let caller = house.caller("0").await;
    for days in ["1", "366"] {
        assert_eq!(house.get(&caller, &format!("{USAGE}?days={days}")).await.status(), 200);
    }
    for query in ["days=0", "days=367", "days=-1", "days=ten", "days=", "days", "since=1"] {
        let response = house.get(&caller, &format!("{USAGE}?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "invalid_request");
    }
}

#[tokio::test]
async fn what_is_no_route_is_told_so_in_the_words_of_its_place() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let ask = async |method: Method, path: &str| {
        let request = house.client.request(method, house.url(path)).bearer_auth(&caller.secret);
        request.json(&chat("mock-flat")).send().await.unwrap()
    };
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/bursar/v1/"),
        (Method::GET, "/bursar/v1/nothing"),
        (Method::GET, "/bursar/v1/balance/x"),
        (Method::POST, "/bursar/v1/balance"),
        (Method::DELETE, "/bursar/v1/usage"),
        (Method::GET, "/bursar/v2/balance"),
        (Method::POST, "/v1/chat/completions"),
    ] {
        let response = ask(method, path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
        let problem: Value = response.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&json!("unknown_route"), &json!(404)));
    }
    for (method, path, kind) in [
        (Method::GET, CHAT, "invalid_request_error"),
        (Method::POST, "/openai/v1/files", "invalid_request_error"),
        (Method::POST, "/openai/v1/chat/completions/", "invalid_request_error"),
        (Method::GET, "/openai/v1/models/..%2fchat", "invalid_request_error"),
        (Method::GET, "/anthropic/v1/models", "not_found_error"),
    ] {
        let response = ask(method, path).await;
        assert_eq!(response.status(), 404, "{path}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(
            (&told["error"]["code"], &told["error"]["type"]),
            (&json!("unknown_route"), &json!(kind))
        );
    }
    assert!(house.provider.requests().is_empty());
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let mut wire = crate::wire::Wire::to(house.gateway.address()).await;
    for path in ["/bursar/v1/balance", "/bursar/v1/balance"] {
        wire.send(format!(
            "HEAD {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\n\r\n",
            caller.secret
        ))
        .await;
        assert_eq!(wire.head().await.unwrap().status(), 404);
    }
    wire.send(format!(
        "GET /bursar/v1/balance HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\n\r\n",
        caller.secret
    ))
    .await;
    assert_eq!(wire.message().await.unwrap().status(), 200);
}

impl House {
    async fn usage(&self, caller: &crate::people::Caller) -> Value {
        self.get(caller, USAGE).await.json().await.unwrap()
    }
}
