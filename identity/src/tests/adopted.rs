//! Another configuration: who stays keeps the keys, who goes is nobody.

use std::path::Path;
use std::sync::Arc;

use bursar_config::Algorithm;

use super::configured::{NOW, SECRET, at, configured};
use super::draft::Draft;
use super::local_issuer::LocalIssuer;
use super::mint::Signer;
use crate::{Fault, Issuers};

fn entry(local: &LocalIssuer, more: &str) -> String {
    format!(
        "{{name: local, issuer: local, audiences: [bursar], algorithms: [EdDSA], {more}\
         jwks: {{url: 'http://{}/jwks.json'}}, org: org_00000000000000000000000000000001}}",
        local.address
    )
}

fn adopt(issuers: &Issuers, entries: &str) {
    issuers.adopt(&configured(entries, Path::new("/")));
}

#[tokio::test]
async fn an_issuer_that_stays_keeps_its_keys_and_follows_its_new_rules() {
    let signer = Signer::ed("key");
    let mut local = LocalIssuer::start(&[&signer]).await;
    let issuers = Issuers::new(|| 0);
    adopt(&issuers, &entry(&local, ""));
    issuers.refresh_due(at(NOW)).await;
    local.goes_down().await;
    let verify = |token: &str| {
        issuers.verify(token, at(NOW)).map(|_| ()).map_err(|unverified| unverified.fault)
    };
    let token = Draft::of("local", &signer, Algorithm::EdDsa).token();
    adopt(&issuers, &entry(&local, "leeway: 0s,"));
    assert_eq!(verify(&token), Ok(()));
    adopt(&issuers, &entry(&local, "max_lifetime: 5m,"));
    assert_eq!(verify(&token), Err(Fault::TokenLifetime));
    adopt(&issuers, &entry(&local, "").replace("jwks.json", "keys.json"));
    assert_eq!(verify(&token), Err(Fault::TokenKeysAway));
    adopt(&issuers, "");
    assert_eq!(verify(&token), Err(Fault::TokenIssuer));
    assert!(issuers.status().is_empty());
}

#[tokio::test]
async fn a_shared_secret_needs_no_fetch() {
    let issuers = Issuers::new(|| 0);
    let entry = "{name: batch, issuer: batch, audiences: [bursar], algorithms: [HS256], \
                 secret: '${S}', org: org_00000000000000000000000000000001}";
    adopt(&issuers, entry);
    let shared = Signer::shared(SECRET.as_bytes());
    let token = Draft::of("batch", &shared, Algorithm::Hs256).token();
    assert!(issuers.verify(&token, at(NOW)).is_ok());
    assert_eq!(issuers.refresh_due(at(NOW)).await, ledger::Instant::MAX);
    let status = &issuers.status()[0];
    assert_eq!((status.keys, status.fetched, status.failures), (1, None, 0));
}

#[tokio::test]
async fn who_is_adopted_while_running_has_keys_without_a_token_asking() {
    let (one, two) = (Signer::ed("key"), Signer::ed("key"));
    let (first, second) = (LocalIssuer::start(&[&one]).await, LocalIssuer::start(&[&two]).await);
    let issuers = Arc::new(Issuers::new(|| 0));
    adopt(&issuers, &entry(&first, ""));
    let running = {
        let issuers = Arc::clone(&issuers);
        tokio::spawn(async move { issuers.run(|| at(NOW)).await })
    };
    let fetched = |name: &'static str| {
        let issuers = Arc::clone(&issuers);
        async move {
            while !issuers.status().iter().any(|one| *one.name == *name && one.keys == 1) {
                tokio::task::yield_now().await;
            }
        }
    };
    fetched("local").await;
    let added = entry(&second, "").replace("name: local, issuer: local", "name: two, issuer: two");
    adopt(&issuers, &format!("{}, {added}", entry(&first, "")));
    // It looks again by itself too, after a minute.
    let soon = std::time::Duration::from_secs(20);
    tokio::time::timeout(soon, fetched("two")).await.expect("who is adopted is looked at");
    assert_eq!((first.asked(), second.asked()), (1, 1));
    running.abort();
}

#[tokio::test]
async fn a_file_of_keys_is_read_again() {
    let (old, new) = (Signer::ed("old"), Signer::ed("new"));
    let folder = tempfile::tempdir().unwrap();
    let write = |text: String| std::fs::write(folder.path().join("keys.json"), text).unwrap();
    let issuers = Issuers::new(|| 0);
    let entry = "{name: filed, issuer: filed, audiences: [bursar], algorithms: [EdDSA], \
                 jwks: {file: keys.json}, org: org_00000000000000000000000000000001}";
    issuers.adopt(&configured(entry, folder.path()));
    let token = |signer| Draft::of("filed", signer, Algorithm::EdDsa).token();
    let (of_old, of_new) = (token(&old), token(&new));
    let verify = |token: &str| {
        issuers.verify(token, at(NOW)).map(|_| ()).map_err(|unverified| unverified.fault)
    };
    issuers.refresh_due(at(NOW)).await;
    assert_eq!(verify(&of_old), Err(Fault::TokenKeysAway));
    write(super::local_issuer::key_set(&[&old]));
    issuers.refresh_due(at(NOW + 5)).await;
    assert_eq!((verify(&of_old), verify(&of_new)), (Ok(()), Err(Fault::TokenKey)));
    write(super::local_issuer::key_set(&[&new]));
    issuers.refresh_due(at(NOW + 305)).await;
    assert_eq!((verify(&of_old), verify(&of_new)), (Err(Fault::TokenKey), Ok(())));
    write(super::local_issuer::key_set(&[&old]) + &" ".repeat(64 << 10));
    issuers.refresh_due(at(NOW + 605)).await;
    assert_eq!((verify(&of_new), issuers.status()[0].failures), (Ok(()), 2));
}
