//! Keys that an issuer publishes: it rotates them, goes down, and serves anything but keys.

use std::path::Path;
use std::sync::Arc;

use bursar_config::Algorithm;
use tokio::sync::Semaphore;

use super::configured::{NOW, at, configured};
use super::draft::Draft;
use super::local_issuer::{LocalIssuer, Play, key_set};
use super::mint::Signer;
use crate::{Fault, Issuers};

/// The entry of a local issuer in the configuration.
fn entry(local: &LocalIssuer) -> String {
    format!(
        "{{name: local, issuer: local, audiences: [bursar], algorithms: [EdDSA],\
         jwks: {{url: 'http://{}/jwks.json'}}, org: org_00000000000000000000000000000001}}",
        local.address
    )
}

fn adopt(issuers: &Issuers, entries: &str) {
    issuers.adopt(&configured(entries, Path::new("/")));
}

async fn fetched(local: &LocalIssuer) -> Issuers {
    let issuers = Issuers::new(|| 0);
    adopt(&issuers, &entry(local));
    issuers.refresh_due(at(NOW)).await;
    issuers
}

/// A token of a local issuer that was issued a minute before an instant.
fn token(signer: &Signer, now: i64) -> String {
    Draft::of("local", signer, Algorithm::EdDsa)
        .claim("iat", now - 60)
        .claim("exp", now + 600)
        .token()
}

fn verify(issuers: &Issuers, signer: &Signer, now: i64) -> Result<(), Fault> {
    let verified = issuers.verify(&token(signer, now), at(now));
    verified.map(|_| ()).map_err(|unverified| unverified.fault)
}

async fn recognise(issuers: &Issuers, signer: &Signer, now: i64) -> Result<(), Fault> {
    issuers.recognise(&token(signer, now), at(now)).await.map(|_| ())
}

#[tokio::test]
async fn keys_that_an_issuer_rotates_are_known_at_the_first_token_and_the_old_ones_are_gone() {
    let (old, new) = (Signer::ed("old"), Signer::ed("new"));
    let local = LocalIssuer::start(&[&old]).await;
    let issuers = fetched(&local).await;
    assert_eq!(verify(&issuers, &old, NOW), Ok(()));
    assert_eq!(verify(&issuers, &new, NOW), Err(Fault::TokenKey));
    local.publishes(&[&new]);
    assert_eq!(recognise(&issuers, &new, NOW + 1).await, Ok(()));
    assert_eq!(verify(&issuers, &old, NOW + 1), Err(Fault::TokenKey));
    assert_eq!(local.asked(), 2);
}

#[tokio::test]
async fn an_issuer_that_names_no_keys_may_rotate_its_only_one() {
    let (old, new) = (Signer::ed(""), Signer::ed(""));
    let local = LocalIssuer::start(&[&old]).await;
    let issuers = fetched(&local).await;
    assert_eq!(verify(&issuers, &new, NOW), Err(Fault::TokenSignature));
    local.publishes(&[&new]);
    assert_eq!(recognise(&issuers, &new, NOW + 1).await, Ok(()));
}

#[tokio::test]
async fn unknown_keys_have_an_issuer_asked_once_in_thirty_seconds_even_if_it_fails() {
    let (known, unknown) = (Signer::ed("known"), Signer::ed("unknown"));
    let mut local = LocalIssuer::start(&[&known]).await;
    let issuers = fetched(&local).await;
    for second in [1, 2, 30] {
        for time in 0..20 {
            let found = recognise(&issuers, &unknown, NOW + second).await;
            // Only of the one that it was asked for is it known that the issuer has no such key.
            let asked = (second, time) == (1, 0);
            let expected = if asked { Fault::TokenKey } else { Fault::TokenKeysAway };
            assert_eq!(found, Err(expected));
        }
    }
    assert_eq!(local.asked(), 2);
    local.goes_down().await;
    let failures = || issuers.status()[0].failures;
    for (second, failed) in [(31, 1), (40, 1), (60, 1), (61, 2)] {
        assert!(recognise(&issuers, &unknown, NOW + second).await.is_err());
        assert_eq!(failures(), failed, "{second}");
    }
    assert_eq!(verify(&issuers, &known, NOW + 61), Ok(()));
}

#[tokio::test]
async fn what_cannot_be_helped_asks_nobody() {
    let (known, nobody) = (Signer::ed("known"), Signer::ed("known"));
    let local = LocalIssuer::start(&[&known]).await;
    let issuers = fetched(&local).await;
    assert_eq!(recognise(&issuers, &nobody, NOW).await, Err(Fault::TokenSignature));
    let expired = token(&known, NOW - 3_600);
    assert_eq!(issuers.recognise(&expired, at(NOW)).await.map(|_| ()), Err(Fault::TokenExpired));
    assert_eq!(local.asked(), 1);
}

#[tokio::test]
async fn all_who_wait_for_a_key_share_one_fetch() {
    let (old, new) = (Signer::ed("old"), Signer::ed("new"));
    let local = LocalIssuer::start(&[&old]).await;
    let issuers = Arc::new(fetched(&local).await);
    let let_go = Arc::new(Semaphore::new(0));
    local.plays(Play::Held(key_set(&[&new]), Arc::clone(&let_go)));
    let text = token(&new, NOW + 1);
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let (issuers, text) = (Arc::clone(&issuers), text.clone());
            tokio::spawn(async move { issuers.recognise(&text, at(NOW + 1)).await.map(|_| ()) })
        })
        .collect();
    let_go.add_permits(1);
    for found in waiting {
        assert_eq!(found.await.unwrap(), Ok(()));
    }
    assert_eq!(local.asked(), 2);
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_take_the_keys_of_the_others_along() {
    let (old, new) = (Signer::ed("old"), Signer::ed("new"));
    let local = LocalIssuer::start(&[&old]).await;
    let issuers = fetched(&local).await;
    let let_go = Arc::new(Semaphore::new(0));
    local.plays(Play::Held(key_set(&[&new]), Arc::clone(&let_go)));
    let text = token(&new, NOW + 1);
    let gone = async {
        while local.asked() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = issuers.recognise(&text, at(NOW + 1)) => panic!("nobody has let the answer go"),
        () = gone => {}
    }
    let_go.add_permits(1);
    assert_eq!(recognise(&issuers, &new, NOW + 2).await, Ok(()));
    assert_eq!(local.asked(), 2);
}

#[tokio::test]
async fn while_an_issuer_is_down_its_keys_serve_for_a_day_and_then_no_longer() {
    const DAY: i64 = 24 * 3_600;
    let signer = Signer::ed("key");
    let mut local = LocalIssuer::start(&[&signer]).await;
    let issuers = fetched(&local).await;
    local.goes_down().await;
    issuers.refresh_due(at(NOW + 300)).await;
    assert_eq!(recognise(&issuers, &signer, NOW + DAY - 1).await, Ok(()));
    assert_eq!(recognise(&issuers, &signer, NOW + DAY).await, Err(Fault::TokenKeysAway));
    local.comes_up().await;
    assert_eq!(recognise(&issuers, &signer, NOW + DAY + 30).await, Ok(()));
    assert_eq!(issuers.status()[0].fetched, Some(at(NOW + DAY + 30)));
}

#[tokio::test]
async fn a_start_does_not_fail_when_an_issuer_is_down_and_nobody_else_notices() {
    let (signer, other) = (Signer::ed("key"), Signer::ed("key"));
    let mut local = LocalIssuer::start(&[&signer]).await;
    let neighbour = LocalIssuer::start(&[&other]).await;
    local.goes_down().await;
    let issuers = Issuers::new(|| 0);
    let second = entry(&neighbour).replace("name: local, issuer: local", "name: two, issuer: two");
    adopt(&issuers, &format!("{}, {second}", entry(&local)));
    assert_eq!(issuers.refresh_due(at(NOW)).await, at(NOW + 5));
    assert_eq!(verify(&issuers, &signer, NOW), Err(Fault::TokenKeysAway));
    let neighbours = Draft::of("two", &other, Algorithm::EdDsa).token();
    assert!(issuers.verify(&neighbours, at(NOW)).is_ok());
    local.comes_up().await;
    assert_eq!(issuers.refresh_due(at(NOW + 5)).await, at(NOW + 300));
    assert_eq!(verify(&issuers, &signer, NOW + 5), Ok(()));
}

#[tokio::test]
async fn anything_but_keys_leaves_the_old_keys_in_force() {
    let (signer, mallory) = (Signer::ed("key"), Signer::ed("key"));
    let local = LocalIssuer::start(&[&signer]).await;
    let evil = LocalIssuer::start(&[&mallory]).await;
    let issuers = fetched(&local).await;
    let elsewhere = format!("http://{}/jwks.json", evil.address);
    let too_many: Vec<_> = (0..33).map(|_| &mallory).collect();
    let text = |text: &str| Play::Text(text.to_owned(), "max-age=600");
    let status = |status| Play::Status(status, elsewhere.clone(), key_set(&[&mallory]));
    let plays = [
        text("<html>maintenance</html>"),
        text(""),
        text("{}"),
        text("{\"keys\": {}}"),
        text("{\"keys\": [], \"keys\": []}"),
        text(&key_set(&too_many)),
        text(&" ".repeat(64 << 10)),
        text(&(key_set(&[&mallory]) + &" ".repeat(64 << 10))),
        text(&"x".repeat(10 << 20)),
        Play::Endless,
        status(301),
        status(302),
        status(307),
        status(404),
        status(500),
        status(203),
    ];
    let mut now = NOW;
    for (n, play) in plays.into_iter().enumerate() {
        local.plays(play);
        now += 330;
        issuers.refresh_due(at(now)).await;
        assert_eq!(issuers.status()[0].failures, u64::try_from(n + 1).unwrap(), "{n}");
        assert_eq!(verify(&issuers, &signer, now), Ok(()), "{n}");
        assert_eq!(verify(&issuers, &mallory, now), Err(Fault::TokenSignature), "{n}");
    }
    assert_eq!((evil.asked(), issuers.status()[0].keys), (0, 1));
    // What is on its way was written into buffers; it is not ten megabytes, nor without an end.
    assert!(local.endless_kilobytes() < 10 << 10, "{}", local.endless_kilobytes());
}

#[tokio::test]
async fn an_issuer_that_says_nothing_is_given_up_after_five_seconds() {
    let signer = Signer::ed("key");
    let local = LocalIssuer::start(&[&signer]).await;
    let issuers = fetched(&local).await;
    // The runtime's clock jumps to the next timer whenever nothing else is to be done.
    tokio::time::pause();
    for (n, play) in [Play::Silence, Play::Stall].into_iter().enumerate() {
        local.plays(play);
        let before = tokio::time::Instant::now();
        issuers.refresh_due(at(NOW + 330 * i64::try_from(n + 1).unwrap())).await;
        assert_eq!(before.elapsed().as_secs(), 5);
        assert_eq!(issuers.status()[0].failures, u64::try_from(n + 1).unwrap());
        assert_eq!(verify(&issuers, &signer, NOW + 330), Ok(()));
    }
}

#[tokio::test]
async fn a_set_without_a_key_of_use_is_what_the_issuer_says() {
    let signer = Signer::ed("key");
    let local = LocalIssuer::start(&[&signer]).await;
    let issuers = fetched(&local).await;
    local.plays(Play::Text("{\"keys\": [1, {\"kty\": \"AKP\"}]}".to_owned(), ""));
    issuers.refresh_due(at(NOW + 300)).await;
    assert_eq!(verify(&issuers, &signer, NOW + 300), Err(Fault::TokenKey));
    assert_eq!((issuers.status()[0].keys, issuers.status()[0].failures), (0, 0));
}

#[tokio::test]
async fn an_issuer_says_how_long_its_keys_are_good() {
    let signer = Signer::ed("key");
    let local = LocalIssuer::start(&[&signer]).await;
    for (age, seconds) in [("", 300), ("max-age=1000", 1_000), ("max-age=1", 60)] {
        local.plays(Play::Text(key_set(&[&signer]), age));
        let issuers = Issuers::new(|| 0);
        adopt(&issuers, &entry(&local));
        assert_eq!(issuers.refresh_due(at(NOW)).await, at(NOW + seconds), "{age}");
        let asked = local.asked();
        issuers.refresh_due(at(NOW + seconds - 1)).await;
        assert_eq!(local.asked(), asked, "{age}");
        issuers.refresh_due(at(NOW + seconds)).await;
        assert_eq!(local.asked(), asked + 1, "{age}");
    }
}
