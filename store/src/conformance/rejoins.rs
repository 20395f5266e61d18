//! A store that went back in time is rejoined by gateways that know more than it does: for stores
//! that serve many.

use ledger::{Epoch, Instant};

use super::asks::{asked, shared, top_up};
use super::fixture::{NOW, credits, grant_id};
use super::node::Node;
use super::refused;
use crate::{
    Applied, Audit, Error, FROZEN_AT_LEAST_MICROS, FROZEN_AT_MOST_MICROS, Heartbeat, Regranted,
    Rejoin, Store, Verdict,
};

impl Node {
    /// It was acknowledged so many syncs more than there are.
    fn rejoining(&self, ahead: u64, incarnation: u64) -> Rejoin {
        let known = |(shard, seq): (_, &u64)| (shard, Applied { seq: seq + ahead, lsn: self.lsn });
        let acknowledged = self.seqs.iter().map(|(shard, seq)| known((*shard, seq))).collect();
        Rejoin {
            node: self.id,
            epoch: self.epoch,
            journal: self.journal,
            incarnation,
            acknowledged,
            control: None,
            now: self.now,
        }
    }
}

async fn told(store: &impl Store, node: &Node, incarnation: u64, now: Instant) -> bool {
    let beat = Heartbeat { incarnation, now, ..node.beat() };
    store.heartbeat(&beat).await.expect("a sign of life").frozen
}

/// What the first one brings back is booked as it was; nothing new is leased to anybody until each
/// gateway has told what it knows, and for a while whoever there is.
pub async fn a_gateway_that_knows_more_than_the_store_rejoins_it<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let path: (&[_], &[_]) = (&[], &[top_up(1)]);
    assert_eq!(asked(store, &mut other, org, path, (10, 10)).await.0, Verdict::Leased);
    node.lsn += 1;
    store.sync(&node.call(org)).await.expect("a call");
    let before = store.stamp().await.expect("a stamp").incarnation;
    refused!(store.rejoin(&node.rejoining(0, before)).await, Error::Conflict(_));
    let earlier = Rejoin { epoch: Epoch(0), ..node.rejoining(5, before) };
    refused!(store.rejoin(&earlier).await, Error::Fenced { current: Epoch(1) });

    let rejoined = store.rejoin(&node.rejoining(5, before)).await.expect("it knows more");
    let applied = Applied { seq: node.seqs[&org.shard()], lsn: node.lsn };
    assert_eq!((rejoined.epoch, rejoined.applied), (node.epoch, vec![(org.shard(), applied)]));
    let now = store.stamp().await.expect("a stamp").incarnation;
    assert_eq!(now, before + 1);

    let lost = Regranted { epoch: node.epoch, account: top_up(1), amount: credits(60) };
    let mut call = node.call(org);
    call.regranted.push(lost);
    store.sync(&call).await.expect("a lease of before");
    assert_eq!(asked(store, &mut other, org, path, (10, 10)).await.0, Verdict::InDoubt);
    assert_eq!(other.lease(store, org, grant_id(1), 10).await, credits(0));

    // The second one knows of the change already: it is no other one.
    store.rejoin(&other.rejoining(5, before)).await.expect("it knows more, too");
    assert_eq!(store.stamp().await.expect("a stamp").incarnation, now);
    let later = NOW.plus_micros(FROZEN_AT_LEAST_MICROS);
    assert!(told(store, &node, now, later).await, "the other has not told");
    assert!(told(store, &other, now, later.plus_micros(-1)).await, "somebody may be forgotten");
    assert!(!told(store, &other, now, later).await);
    (node.now, other.now) = (later, later);
    assert_eq!(asked(store, &mut other, org, path, (31, 31)).await.0, Verdict::Held);
    assert_eq!(asked(store, &mut other, org, path, (30, 30)).await.0, Verdict::Leased);
}

/// One that never comes back keeps the others from nothing for ever: it has stopped by itself.
pub async fn a_store_is_frozen_for_a_time<S: Audit>(store: &S) {
    let (_, node, _) = shared(store, &[100]).await;
    let before = store.stamp().await.expect("a stamp").incarnation;
    let ahead = Rejoin { incarnation: before + 4, ..node.rejoining(1, before) };
    store.rejoin(&ahead).await.expect("it has seen a later life");
    let now = store.stamp().await.expect("a stamp").incarnation;
    assert_eq!(now, before + 5);
    let most = NOW.plus_micros(FROZEN_AT_MOST_MICROS);
    assert!(told(store, &node, now, most.plus_micros(-1)).await);
    assert!(!told(store, &node, now, most).await);
}
