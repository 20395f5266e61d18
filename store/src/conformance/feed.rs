//! Everybody hears of it: the feed of changes.

use ledger::{CountsFrom, GrantKind, Period, Scope};

use super::fixture::{
    NOW, credits, grant, grant_id, group, key, limit, member, org, org_id, project, settle_in,
};
use super::node::Node;
use super::refused;
use crate::{Audit, Change, ChangeSeq, Changed, Error, Key, OrgGrant};

async fn since<S: Audit>(store: &S, seq: u64, max: usize) -> Vec<Change> {
    store.changes_since(ChangeSeq(seq), max).await.expect("the feed")
}

/// Numbered from 1, without a gap; what changed again moves to its last number.
pub async fn the_feed_tells_each_entity_once_as_it_is_now_in_the_order_of_last_changes<S: Audit>(
    store: &S,
) {
    assert_eq!(store.stamp().await.expect("a stamp").seq, ChangeSeq(0));
    assert_eq!(since(store, 0, 100).await, []);
    let id = org_id(1);
    let mut renamed = org(1);
    renamed.name = "Renamed".to_owned();
    let mut numbers = vec![store.put_org(&org(1)).await.expect("a change")];
    numbers.push(store.put_group(&group(1, 1)).await.expect("a change"));
    numbers.push(store.put_project(&project(1, 1)).await.expect("a change"));
    numbers.push(store.put_member(&member(1, 1)).await.expect("a change"));
    numbers.push(store.put_key(&key(1, 1), None).await.expect("a change"));
    numbers.push(store.put_org(&renamed).await.expect("a change"));
    let (grant, seq) =
        store.put_grant(id, &grant(1, GrantKind::Seat, 50), None, NOW).await.expect("a");
    numbers.push(seq);
    assert_eq!(numbers, (1..=7).map(ChangeSeq).collect::<Vec<_>>());
    let mut node = Node::start(store, 7).await;
    node.lease(store, id, grant_id(1), 20).await;
    assert_eq!(store.stamp().await.expect("a stamp").seq, ChangeSeq(7));

    let stored = OrgGrant {
        grant,
        spent: credits(0),
        leased: credits(20),
        refunded: credits(0),
        expired: credits(0),
    };
    let what = [
        (2, Changed::Group(group(1, 1))),
        (3, Changed::Project(project(1, 1))),
        (4, Changed::Member(member(1, 1))),
        (5, Changed::Key(Key { version: 1, ..key(1, 1) })),
        (6, Changed::Org(renamed)),
        (7, Changed::Grant(stored)),
    ];
    let all = what.map(|(seq, what)| Change { seq: ChangeSeq(seq), org: id, what });
    assert_eq!(since(store, 0, 100).await, all);
    assert_eq!(since(store, 0, 2).await, all[..2]);
    assert_eq!(since(store, 3, 2).await, all[2..4]);
    assert_eq!(since(store, 7, 100).await, []);
}

/// A limit that counts no more is told so, and told again when it is revived.
pub async fn a_removed_limit_is_told_as_removed<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let start = store.stamp().await.expect("a stamp").seq.0;
    let day = limit(1, Scope::Org, Period::Day, 5);
    store.put_limit(org, &day, CountsFrom::Now, NOW).await.expect("a limit");
    let told = async |what| {
        let last = store.stamp().await.expect("a stamp").seq;
        assert_eq!(since(store, start, 9).await, [Change { seq: last, org, what }]);
    };
    told(Changed::Limit(day.clone())).await;
    store.remove_limit(org, day.id).await.expect("a removal");
    told(Changed::LimitRemoved(day.id)).await;
    refused!(store.remove_limit(org, day.id).await, Error::Conflict(_));
    store.put_limit(org, &day, CountsFrom::Now, NOW).await.expect("a revival");
    told(Changed::Limit(day)).await;
}

/// A number is only taken by what was done.
pub async fn what_is_refused_is_not_told<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let before = store.stamp().await.expect("a stamp");
    refused!(store.put_member(&member(2, 2)).await, Error::Conflict(_));
    let unknown = limit(1, Scope::Org, Period::Day, 5).id;
    refused!(store.remove_limit(org, unknown).await, Error::Conflict(_));
    assert_eq!(store.stamp().await.expect("a stamp"), before);
    let made = store.put_group(&group(1, 2)).await.expect("a group");
    assert_eq!(made, ChangeSeq(before.seq.0 + 1));
}
