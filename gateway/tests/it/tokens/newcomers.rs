//! A subject that no member has becomes one, once, where its issuer says so.

use ledger::{MemberStatus, Scope};
use serde_json::json;
use store::{Role, Store};

use super::{Desk, NAMED, NEWCOMERS, and, called, no, yes};
use crate::calls::MODELS;

async fn desk() -> Desk {
    Desk::with(&format!("{NAMED}{NEWCOMERS}"), |text| text).await
}

#[tokio::test]
async fn a_newcomer_is_a_member_with_a_limit_from_its_first_call_on() {
    let desk = desk().await;
    let design = desk.house.group(&[]).await;
    let claims = and(desk.claims("grace"), json!({"groups": ["nowhere", "Design", "Design"]}));
    let bearer = desk.bearer(&claims);
    assert_eq!(desk.call(&bearer).await, yes());
    assert_eq!(desk.call(&bearer).await, yes());
    let (status, code, told) = desk.told(&bearer).await;
    assert_eq!((status, &*code), (402, "limit_reached"));
    let members = desk.members().await;
    let [grace] = &members[..] else { panic!("{members:?}") };
    assert_eq!((&*grace.name, grace.role, grace.service_account), ("grace", Role::Member, false));
    assert_eq!((grace.standing.home, &grace.standing.groups), (Some(design), &vec![design]));
    assert_eq!(grace.subjects, [called("grace")]);
    let error = &told["error"];
    assert_eq!((&error["scope"], &error["limit"]), (&json!("member"), &json!("2")));
    assert_eq!(error["scope_id"], grace.standing.id.to_string());
    let limits = desk.house.store.load(desk.house.org).await.unwrap().unwrap().limits;
    assert_eq!(limits.len(), 1);
    assert_eq!(limits[0].scope, Scope::Member(grace.standing.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_first_tokens_at_once_one_makes_the_member() {
    let desk = desk().await;
    let calls = (0..16).map(|n| {
        // Each a token of its own.
        let bearer = desk.bearer(&and(desk.claims("grace"), json!({"jti": n.to_string()})));
        let models = desk.house.client.get(desk.house.url(MODELS)).bearer_auth(&bearer.secret);
        tokio::spawn(async move { models.send().await.unwrap().status().as_u16() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(desk.members().await.len(), 1);
    let made = "bursar_store_calls_total{operation=\"provision\"";
    assert_eq!(desk.house.metric(made).await, 1);
}

#[tokio::test]
async fn who_has_left_is_neither_made_again_nor_revived() {
    let desk = desk().await;
    let bearer = desk.bearer_of("grace");
    assert_eq!(desk.call(&bearer).await, yes());
    let mut grace = desk.members().await.remove(0);
    grace.standing.status = MemberStatus::Deactivated;
    desk.put(&grace).await;
    for n in 0..3 {
        let again = desk.bearer(&and(desk.claims("grace"), json!({"jti": n.to_string()})));
        for bearer in [&bearer, &again] {
            assert_eq!(desk.call(bearer).await, no(401, "invalid_credential"));
            assert_eq!(desk.house.get(bearer, MODELS).await.status(), 401);
        }
    }
    assert!(desk.faults("token_member_left").await >= 12);
    assert_eq!(desk.members().await, [grace.clone()]);
    // And a gateway that has never heard of it does no better.
    let Desk { house, issuer, signer } = desk;
    let desk = Desk { house: house.restarted().await, issuer, signer };
    assert_eq!(desk.call(&desk.bearer_of("grace")).await, no(401, "invalid_credential"));
    assert_eq!(desk.members().await, [grace]);
}

#[tokio::test]
async fn where_newcomers_are_not_wanted_nobody_is_made() {
    let desk = Desk::new().await;
    assert_eq!(desk.call(&desk.bearer_of("grace")).await, no(401, "invalid_credential"));
    assert!(desk.members().await.is_empty());
    // As soon as somebody is called so, that is the one.
    desk.member("grace").await;
    assert_eq!(desk.call(&desk.bearer_of("grace")).await, yes());
}

#[tokio::test]
async fn nobody_is_called_by_what_cannot_be_kept() {
    let desk = desk().await;
    for subject in ["", "a\u{0}b", "line\nbreak", &"x".repeat(256)] {
        let bearer = desk.bearer_of(subject);
        assert_eq!(desk.call(&bearer).await, no(401, "invalid_credential"), "{subject:?}");
    }
    assert!(desk.members().await.is_empty());
    assert_eq!(desk.call(&desk.bearer_of(&"x".repeat(255))).await, yes());
}

#[tokio::test]
async fn while_the_store_is_away_a_newcomer_waits_and_members_go_on() {
    let desk = desk().await;
    desk.member("ada").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    desk.house.reach(crate::flaky::Reach::Nothing);
    assert_eq!(desk.call(&desk.bearer_of("grace")).await, no(503, "ledger_unavailable"));
    let new = desk.bearer(&and(desk.claims("ada"), json!({"jti": "new"})));
    assert_eq!(desk.call(&new).await, yes());
    desk.house.reach(crate::flaky::Reach::All);
    assert_eq!(desk.call(&desk.bearer_of("grace")).await, yes());
    assert_eq!(desk.members().await.len(), 2);
}
