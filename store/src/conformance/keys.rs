//! Keys are made and changed.

use std::num::NonZeroU32;

use ledger::{KeyStatus, MemberStatus, OrgId, Period, Scope};

use super::fixture::{
    NOW, all_of, key, key_id, limit, member, org, org_id, secret, settle_in, subject,
};
use super::refused;
use crate::{Audit, ChangeSeq, Changed, Error, Key, Rates, Store};

/// An organisation's keys, as they are stored.
pub(super) async fn stored(store: &impl Store, org: OrgId) -> Vec<Key> {
    store.load(org).await.expect("a load").expect("the organisation").keys
}

fn rates(per_second: u32, per_minute: u32, concurrent: u32) -> Rates {
    let [per_second, per_minute, concurrent] =
        [per_second, per_minute, concurrent].map(NonZeroU32::new);
    Rates { per_second, per_minute, concurrent }
}

/// And can be lifted again.
pub async fn what_restricts_entry_is_loaded_as_it_was<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let (mut org, mut member, mut key) = (org(1), member(1, 1), key(1, 1));
    (org.require_project, org.rates) = (true, rates(1, 0, u32::MAX));
    member.subjects = vec![subject("https://b.test/", "2"), subject("https://a.test", "1|\u{fc}")];
    (member.tokens_valid_after, member.rates) = (NOW, rates(0, 7, 0));
    key.models = Some(vec!["gpt-5*".to_owned(), "with \"quotes\"".to_owned()]);
    let networks = ["10.1.2.3/8", "192.0.2.1/32", "2001:db8::1/48"];
    key.ips = Some(networks.map(|text| text.parse().expect("a network")).to_vec());
    key.rates = rates(3, 4, 5);
    let free = (super::fixture::org(1), super::fixture::member(1, 1), super::fixture::key(1, 1));
    let mut none = key.clone();
    (none.models, none.ips) = (Some(Vec::new()), Some(Vec::new()));
    let put = [(org.clone(), member.clone(), key), (org, member, none), free];
    for (version, (org, member, key)) in (2..).zip(put) {
        store.put_org(&org).await.expect("an organisation");
        store.put_member(&member).await.expect("a member");
        store.put_key(&key, None).await.expect("a key");
        let data = store.load(id).await.expect("a load").expect("the organisation");
        assert_eq!((&data.org, &data.members[0]), (&org, &member));
        assert_eq!(data.keys[0], Key { version, ..key.clone() });
        let told = store.changes_since(ChangeSeq(data.seq.0 - 3), 9).await.expect("the feed");
        let told: Vec<_> = told.into_iter().map(|change| change.what).collect();
        let key = Changed::Key(Key { version, ..key });
        assert_eq!(told, [Changed::Org(org), Changed::Member(member), key]);
    }
}

/// Whoever has read an earlier version reads again, whatever else is wrong.
pub async fn a_key_that_has_changed_meanwhile_stays_as_it_is<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let mut new = Key { secrets: vec![secret(1)], ..key(1, 1) };
    "Renamed".clone_into(&mut new.name);
    let before = all_of(store, id).await;
    for expected in [0, 2, u64::MAX] {
        refused!(store.put_key(&new, Some(expected)).await, Error::Stale(_));
    }
    let unknown = Key { secrets: vec![secret(1)], ..key(1, 9) };
    refused!(store.put_key(&unknown, Some(1)).await, Error::Stale(_));
    let stranger = Key { org: org_id(3), ..new.clone() };
    refused!(store.put_key(&stranger, Some(1)).await, Error::Conflict(_));
    assert_eq!(all_of(store, id).await, before);
    assert_eq!(store.identity(&secret(1).hash).await.expect("a look-up"), None);

    store.put_key(&new, Some(1)).await.expect("the version that is there");
    // Its own word for its version is not asked for.
    new.version = 9;
    new.standing.status = KeyStatus::Revoked;
    store.put_key(&new, None).await.expect("any version");
    assert_eq!(stored(store, id).await[0], Key { version: 3, ..new.clone() });
    new.standing.status = KeyStatus::Active;
    refused!(store.put_key(&new, Some(2)).await, Error::Stale(_));
    refused!(store.put_key(&new, Some(3)).await, Error::Conflict(_));
    store.put_key(&key(1, 11), Some(1)).await.expect("each key counts for itself");
}

/// Nobody hears of the key before its limits.
pub async fn a_key_is_made_with_its_limits_or_not_at_all<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let mut new = Key { secrets: vec![secret(1)], version: 7, ..key(1, 1) };
    new.standing.id = key_id(5);
    let limit = |number, period| limit(number, Scope::Key(key_id(5)), period, 50);
    let (day, month) = (limit(1, Period::Day), limit(2, Period::Month));
    let before = all_of(store, id).await;
    let mut stranger = new.clone();
    stranger.standing.member = super::fixture::member_id(3);
    let again = limit(3, Period::Day);
    let elsewhere = super::fixture::limit(4, Scope::Key(key_id(6)), Period::Day, 50);
    for (key, limits) in [
        (&stranger, vec![day.clone()]),
        (&new, vec![day.clone(), again]),
        (&new, vec![day.clone(), elsewhere]),
        (&Key { org: org_id(3), ..new.clone() }, vec![]),
    ] {
        refused!(store.make_key(key, &limits, NOW).await, Error::Conflict(_));
    }
    assert_eq!(all_of(store, id).await, before);
    assert_eq!(store.identity(&secret(1).hash).await.expect("a look-up"), None);

    let seq = store.make_key(&new, &[day.clone(), month.clone()], NOW).await.expect("a key");
    let made = Key { version: 1, ..new.clone() };
    let told = store.changes_since(before.0.seq, 9).await.expect("the feed");
    assert_eq!(told.last().map(|change| change.seq), Some(seq));
    let told: Vec<_> = told.into_iter().map(|change| change.what).collect();
    let of_limits = [day.clone(), month].map(Changed::Limit);
    assert_eq!(told, [&of_limits[..], &[Changed::Key(made)]].concat());
    assert_eq!(store.open_periods(id, NOW).await.expect("periods").len(), 2);
    let before = all_of(store, id).await;
    refused!(store.make_key(&new, &[], NOW).await, Error::Conflict(_));
    refused!(store.make_key(&key(1, 1), &[], NOW).await, Error::Conflict(_));
    assert_eq!(all_of(store, id).await, before);
}

/// Its keys can still be ended.
pub async fn a_member_that_is_deactivated_gets_no_key<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let mut gone = super::fixture::member(1, 1);
    gone.standing.status = MemberStatus::Deactivated;
    store.put_member(&gone).await.expect("a change");
    let before = all_of(store, id).await;
    let mut new = key(1, 1);
    new.standing.id = key_id(5);
    refused!(store.make_key(&new, &[], NOW).await, Error::Conflict(_));
    assert_eq!(all_of(store, id).await, before);
    let mut ended = key(1, 1);
    ended.standing.status = KeyStatus::Revoked;
    store.put_key(&ended, None).await.expect("a revocation");
}
