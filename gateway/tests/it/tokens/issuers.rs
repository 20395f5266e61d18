//! The issuers are those of the configuration in force, with the keys that they have now.

use serde_json::json;

use super::local_issuer::Play;
use super::mint::Signer;
use super::{Desk, NAMED, and, bearer, entry, no, without, yes};

#[tokio::test]
async fn a_new_key_of_the_issuer_is_fetched_for_the_first_token_that_names_it() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    let second = Signer::ed("second");
    desk.issuer.publishes(&[&second]);
    assert_eq!(desk.call(&bearer(&second, &desk.claims("ada"))).await, yes());
    assert_eq!(desk.issuer.asked(), 2);
    // What was signed with the old one is not believed any more, and a made-up key neither; that they
    // are none is said once it could be asked again.
    let late = desk.bearer(&and(desk.claims("ada"), json!({"jti": "late"})));
    let made_up = bearer(&Signer::ed("third"), &desk.claims("ada"));
    for unknown in [&late, &made_up] {
        assert_eq!(desk.call(unknown).await, no(503, "issuer_unavailable"));
    }
    assert_eq!(desk.issuer.asked(), 2);
    let later = ledger::Instant::from_seconds(desk.seconds() + 31);
    gateway::Clock::not_before(&*desk.house.clock, later);
    assert_eq!(desk.call(&late).await, no(401, "invalid_credential"));
    assert_eq!(desk.issuer.asked(), 3);
}

#[tokio::test]
async fn while_the_issuer_is_away_the_keys_that_are_known_serve() {
    let mut desk = Desk::new().await;
    desk.member("ada").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    desk.issuer.goes_down().await;
    let unseen = desk.bearer(&and(desk.claims("ada"), json!({"jti": "unseen"})));
    assert_eq!(desk.call(&unseen).await, yes());
    let second = Signer::ed("second");
    let unknown = bearer(&second, &desk.claims("ada"));
    assert_eq!(desk.call(&unknown).await, no(401, "invalid_credential"));
    assert_eq!(desk.house.metric("bursar_jwks_failures_total{issuer=\"corp\"}").await, 1);
    assert_eq!(desk.house.metric("bursar_jwks_keys{issuer=\"corp\"}").await, 1);
    // It is back, with another key: asked again no sooner than half a minute later.
    desk.issuer.publishes(&[&second]);
    desk.issuer.comes_up().await;
    assert_eq!(desk.call(&unknown).await, no(503, "issuer_unavailable"));
    let later = ledger::Instant::from_seconds(desk.seconds() + 31);
    gateway::Clock::not_before(&*desk.house.clock, later);
    assert_eq!(desk.call(&unknown).await, yes());
}

#[tokio::test]
async fn an_issuer_that_is_away_is_no_failure_of_anybodys_address() {
    let bounds = crate::edits::bounds("auth_failures_per_minute: 2");
    let mut desk = Desk::with("", bounds).await;
    desk.member("ada").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    desk.issuer.goes_down().await;
    let unknown = bearer(&Signer::ed("second"), &desk.claims("ada"));
    assert_eq!(desk.call(&unknown).await, no(401, "invalid_credential"));
    for _ in 0..3 {
        assert_eq!(desk.call(&unknown).await, no(503, "issuer_unavailable"));
    }
    let unseen = desk.bearer(&and(desk.claims("ada"), json!({"jti": "unseen"})));
    assert_eq!(desk.call(&unseen).await, yes());
}

#[tokio::test]
async fn an_issuer_that_serves_nonsense_is_nobody_elses_trouble() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    desk.issuer.plays(Play::Text("<html>not keys</html>".to_owned(), ""));
    let unknown = bearer(&Signer::ed("second"), &desk.claims("ada"));
    assert_eq!(desk.call(&unknown).await, no(401, "invalid_credential"));
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    let caller = desk.house.caller("10").await;
    assert_eq!(desk.call(&caller).await, yes());
}

#[tokio::test]
async fn an_issuer_that_the_configuration_no_longer_names_ends_with_the_reload() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    let bearer = desk.bearer_of("ada");
    assert_eq!(desk.call(&bearer).await, yes());
    let series = "bursar_jwks_keys{issuer=\"corp\"}";
    assert_eq!(desk.house.metric(series).await, 1);
    desk.house.reload(without(&desk.issuer, NAMED));
    assert_eq!(desk.call(&bearer).await, no(401, "invalid_credential"));
    assert_eq!(desk.faults("token_issuer").await, 1);
    let metrics = desk.house.operations("/metrics").await.text().await.unwrap();
    assert!(!metrics.contains("issuer=\"corp\""), "{metrics}");
    desk.house.reload(|text| text + &entry(&desk.issuer, NAMED));
    assert_eq!(desk.call(&bearer).await, yes());
    // Another rule holds for what was seen before it.
    let stricter = format!("{NAMED}    required_scope: spend\n");
    desk.house.reload(|text| without(&desk.issuer, NAMED)(text) + &entry(&desk.issuer, &stricter));
    assert_eq!(desk.call(&bearer).await, no(403, "scope_not_allowed"));
}

#[tokio::test]
async fn the_metrics_tell_how_an_issuers_keys_are() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, yes());
    let fetched = desk.house.metric("bursar_jwks_last_success_timestamp_seconds{").await;
    assert!(fetched.abs_diff(desk.seconds().unsigned_abs()) < 600, "{fetched}");
    assert_eq!(desk.house.metric("bursar_jwks_failures_total{issuer=\"corp\"}").await, 0);
}
