//! Changes of a key that come at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ledger::{KeyId, KeyStatus};
use reqwest::Method;
use serde_json::json;
use store::Store;

use super::{act, key_path, rotate};
use crate::client::{Client, problem};
use crate::meddled::Meddled;
use crate::org::{KEY, ORG, acme};

/// A store in which somebody renames the key each time before it is put, so many times.
async fn renamed(times: u32) -> Arc<Meddled> {
    let left = AtomicU32::new(times);
    let take = move || {
        let one = |left: u32| left.checked_sub(1);
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one).ok()
    };
    Arc::new(Meddled::with(acme().await, move |mut key| {
        let left = take()?.saturating_sub(1);
        key.name = format!("renamed with {left} left");
        Some(key)
    }))
}

async fn stored(store: &Meddled, id: KeyId) -> store::Key {
    let org = store.load(ORG).await.unwrap().unwrap();
    org.keys.into_iter().find(|key| key.standing.id == id).unwrap()
}

#[tokio::test]
async fn a_verb_is_done_although_somebody_changed_the_key_and_that_change_stays() {
    for verb in ["block", "revoke"] {
        let store = renamed(3).await;
        let client = Client::over(store.clone()).await;
        let answer = act(&client, ORG, &format!("{KEY}:{verb}")).await;
        assert_eq!(answer.status(), 200);
        let key = stored(&store, KEY).await;
        assert_eq!(key.name, "renamed with 0 left");
        assert_ne!(key.standing.status, KeyStatus::Active);
        assert_eq!(answer.headers()["etag"], format!("\"{}\"", key.version).as_str());
    }
}

#[tokio::test]
async fn a_rotation_is_done_although_somebody_changed_the_key_and_that_change_stays() {
    let store = renamed(2).await;
    let client = Client::over(store.clone()).await;
    assert_eq!(rotate(&client, &KEY.to_string(), &json!({})).await.status(), 200);
    let key = stored(&store, KEY).await;
    assert_eq!((key.name.as_str(), key.secrets.len()), ("renamed with 0 left", 2));
}

#[tokio::test]
async fn a_verb_gives_up_when_the_key_never_stays_as_it_is() {
    let store = renamed(u32::MAX).await;
    let client = Client::over(store.clone()).await;
    let (status, told) = problem(act(&client, ORG, &format!("{KEY}:block")).await).await;
    assert_eq!((status, &told["code"]), (409, &"conflict".into()));
}

#[tokio::test]
async fn an_edit_of_a_key_that_changes_before_it_is_put_is_stale() {
    let store = renamed(1).await;
    let client = Client::over(store.clone()).await;
    let request = client.request(Method::PATCH, &key_path(&KEY.to_string()));
    let request = request.header("if-match", "\"1\"").json(&json!({"name": "mine"}));
    let (status, told) = problem(request.send().await.unwrap()).await;
    assert_eq!((status, &told["code"]), (412, &"precondition_failed".into()));
    assert_eq!(stored(&store, KEY).await.name, "renamed with 0 left");
}

#[tokio::test]
async fn a_key_that_is_revoked_meanwhile_is_not_unblocked() {
    let meddled = Meddled::with(acme().await, |mut key| {
        let revoked = key.standing.status == KeyStatus::Revoked;
        key.standing.status = KeyStatus::Revoked;
        (!revoked).then_some(key)
    });
    let client = Client::over(Arc::new(meddled)).await;
    let path = key_path(&format!("{KEY}:block"));
    let blocked = client.request(Method::POST, &path).send().await.unwrap();
    // The block that came too late is none: the key is more than blocked.
    assert_eq!(blocked.json::<serde_json::Value>().await.unwrap()["status"], "revoked");
    let (status, _) = problem(act(&client, ORG, &format!("{KEY}:unblock")).await).await;
    assert_eq!(status, 409);
}
