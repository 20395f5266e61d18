//! A gateway starts: epochs, journals, and the leases of its earlier starts.

use ledger::{Epoch, GrantKind, NodeId};

use super::fixture::{NOW, credits, grant, grant_id, settle_in};
use super::node::Node;
use super::refused;
use crate::{Applied, Audit, Error};

/// A node counts its starts, and only the last one may speak.
pub async fn an_unknown_gateway_and_an_earlier_start_are_fenced<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut node = Node::start(store, 7).await;
    assert_eq!(node.epoch, Epoch(1));
    let mut earlier = node.call(org);
    node.restart(store).await;
    assert_eq!(node.epoch, Epoch(2));
    refused!(store.sync(&earlier).await, Error::Fenced { current: Epoch(2) });
    refused!(store.recovered(node.id, Epoch(1)).await, Error::Fenced { current: Epoch(2) });
    for epoch in [Epoch(0), Epoch(1)] {
        (earlier.node, earlier.epoch) = (NodeId(8), epoch);
        refused!(store.sync(&earlier).await, Error::Fenced { current: Epoch(0) });
        refused!(store.recovered(NodeId(8), epoch).await, Error::Fenced { current: Epoch(0) });
    }
    assert_eq!(store.recovered(node.id, Epoch(2)).await.ok(), Some(()));
}

/// The store has applied more than the journal holds: the folder is not the one that wrote it.
pub async fn a_journal_that_ends_before_what_is_applied_is_an_old_copy<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let other = settle_in(store, 3).await;
    let mut node = Node::start(store, 7).await;
    for (lsn, org) in [(40, org), (90, other)] {
        node.lsn = lsn;
        store.sync(&node.call(org)).await.expect("a call without charges");
    }
    let mut copy = node.registration();
    copy.last_lsn = 89;
    refused!(store.register(&copy).await, Error::OldCopy { applied: 90, held: 89 });
    // The refused start was none.
    let registered = node.restart(store).await;
    assert_eq!(registered.epoch, Epoch(2));
    let mut applied = vec![
        (org.shard(), Applied { seq: 1, lsn: 40 }),
        (other.shard(), Applied { seq: 1, lsn: 90 }),
    ];
    applied.sort_by_key(|(shard, _)| *shard);
    assert_eq!(registered.applied, applied);
}

/// Another journal in the folder is another count of calls; the first one's is kept.
pub async fn a_new_journal_begins_at_nothing_applied<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut node = Node::start(store, 7).await;
    node.lsn = 40;
    store.sync(&node.call(org)).await.expect("a call without charges");
    let old = node.journal;
    (node.journal, node.lsn) = (0x99, 0);
    assert_eq!(node.restart(store).await.applied, []);
    let first = node.call(org);
    assert_eq!(first.seq, 1);
    store.sync(&first).await.expect("the first call of the journal");
    (node.journal, node.lsn) = (old, 40);
    assert_eq!(node.restart(store).await.applied, [(org.shard(), Applied { seq: 1, lsn: 40 })]);
}

/// Leases go back to their accounts when the node says that its journal is replayed, and those of
/// other nodes and of the start that says so stay.
pub async fn recovery_returns_the_leases_of_earlier_starts_only<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, GrantKind::TopUp, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    let mut other = Node::start(store, 8).await;
    node.lease(store, org, grant_id(1), 300).await;
    other.lease(store, org, grant_id(1), 200).await;
    node.restart(store).await;
    node.lease(store, org, grant_id(1), 100).await;

    let account = || async { store.accounts(org).await.expect("figures").remove(0) };
    assert_eq!(account().await.leased, credits(600));
    for _ in 0..2 {
        store.recovered(node.id, node.epoch).await.expect("a recovery");
        let account = account().await;
        assert_eq!(account.leased, credits(300));
        let leases = [(node.id, Epoch(2), credits(100)), (other.id, Epoch(1), credits(200))];
        assert_eq!(account.leases, leases);
    }
    assert_eq!(node.lease(store, org, grant_id(1), 900).await, credits(700));
}

/// Holds of an earlier start are replayed by the next one, before it says that it has recovered.
pub async fn a_hold_is_paid_from_the_lease_of_the_start_that_took_it<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, GrantKind::TopUp, 1_000), None, NOW).await.expect("a grant");
    let top_up = (GrantKind::TopUp, grant_id(1));
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, grant_id(1), 300).await;
    let unreported = node.charge(1, top_up, 250);
    node.restart(store).await;
    node.lease(store, org, grant_id(1), 60).await;
    let too_much = node.charge(1, top_up, 61);
    refused!(node.report(store, [too_much]).await, Error::Corrupt(_));
    let own = node.charge(1, top_up, 60);
    node.report(store, [unreported, own]).await.expect("both are covered");
    store.recovered(node.id, node.epoch).await.expect("a recovery");
    let account = store.accounts(org).await.expect("figures").remove(0);
    assert_eq!((account.spent, account.leased), (credits(310), credits(0)));
}
