//! Whatever the scope of a limit, it ends at its amount, and the refusal names it.

use ledger::{Limit, Period, Scope, Tool};
use serde_json::{Value, json};

use crate::calls::{CHAT, EMBEDDINGS, chat};
use crate::house::House;
use crate::people::Caller;
use crate::watch::header;

/// A caller of a group and a project, and the scopes that its calls count for.
async fn scopes(house: &House) -> (Caller, [(Scope, &'static str); 5]) {
    let (group, project) = (house.group(&[]).await, house.project("rebranding", None).await);
    let caller = house.caller_of(group, project).await;
    let scopes = [
        (Scope::Key(caller.key), "key"),
        (Scope::Member(caller.member), "member"),
        (Scope::Project(project), "project"),
        (Scope::Group(group), "group"),
        (Scope::Org, "org"),
    ];
    (caller, scopes)
}

async fn refused(house: &House, caller: &Caller) -> Value {
    let response = house.call(caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 402);
    assert_eq!(header(&response, "x-should-retry"), Some("false"));
    response.json::<Value>().await.unwrap()["error"].take()
}

#[tokio::test]
async fn a_limit_of_every_scope_ends_at_its_amount_and_is_named() {
    for nth in 0..5 {
        let house = House::new().await;
        let (caller, scopes) = scopes(&house).await;
        let (scope, name) = scopes[nth];
        house.limit(scope, "1").await;
        assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200, "{name}");
        let error = refused(&house, &caller).await;
        assert_eq!(error["code"], "limit_reached");
        assert_eq!((&error["scope"], &error["period"]), (&json!(name), &json!("total")));
        assert_eq!(error["scope_id"].is_null(), name == "org", "{error}");
        for (figure, amount) in
            [("limit", "1"), ("spent", "1"), ("held", "0"), ("required", "1"), ("remaining", "0")]
        {
            assert_eq!(error[figure], amount, "{figure} in {error}");
        }
        assert_eq!(error["resets_at"], Value::Null, "a total never turns");
        assert_eq!(house.provider.bill().requests, 1);
    }
}

#[tokio::test]
async fn of_several_limits_the_narrowest_that_is_short_is_named() {
    let house = House::new().await;
    let (caller, scopes) = scopes(&house).await;
    for (scope, _) in scopes {
        house.limit(scope, "0").await;
    }
    let error = refused(&house, &caller).await;
    assert_eq!(
        (&error["scope"], &error["scope_id"]),
        (&json!("key"), &json!(caller.key.to_string()))
    );
}

#[tokio::test]
async fn a_limit_of_one_tool_leaves_the_others_alone() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let limit = house.limit(Scope::Org, "10").await;
    house
        .set_limit(&Limit {
            id: ledger::LimitId::from_u128(99),
            tool: Some(Tool::new("chatbot")),
            amount: ledger::Credits::ZERO,
            ..limit
        })
        .await;
    let error = refused(&house, &caller).await;
    assert_eq!(error["code"], "limit_reached");
    assert!(error["message"].as_str().unwrap().contains("chatbot"), "{error}");
    let body = json!({"model": "mock-embedding", "input": "Hi"});
    assert_eq!(house.call(&caller, EMBEDDINGS, &body).await.status(), 200);
}

#[tokio::test]
async fn a_limit_that_turns_says_when() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let total = house.limit(Scope::Member(caller.member), "10").await;
    let id = ledger::LimitId::from_u128(99);
    house
        .set_limit(&Limit { id, period: Period::Day, amount: ledger::Credits::ZERO, ..total })
        .await;
    let error = refused(&house, &caller).await;
    assert_eq!(error["period"], "day");
    assert!(error["resets_at"].as_str().unwrap().ends_with('Z'), "{error}");
}

#[tokio::test]
async fn a_call_that_costs_more_than_a_limit_has_left_is_told_both() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.limit(Scope::Org, "0.5").await;
    let error = refused(&house, &caller).await;
    assert_eq!(error["code"], "request_exceeds_remaining");
    assert_eq!(
        (&error["scope"], &error["required"], &error["remaining"]),
        (&json!("org"), &json!("1"), &json!("0.5"))
    );
}

#[tokio::test]
async fn a_changed_limit_is_in_force_for_the_next_call() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let limit = house.limit(Scope::Org, "0").await;
    refused(&house, &caller).await;
    house.set_limit(&Limit { amount: "1".parse().unwrap(), ..limit.clone() }).await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    house.set_limit(&Limit { amount: "0.5".parse().unwrap(), ..limit }).await;
    assert_eq!(refused(&house, &caller).await["code"], "limit_reached");
}
