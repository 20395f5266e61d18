//! A budget is spent to its end, whoever spends it, and not past it.

use ledger::{Credits, LimitId};
use store::StoredAccount;

use crate::calls::chat;
use crate::cluster::{Cluster, outcome};
use crate::edits::bounds;
use crate::watch::micros;

const CREDIT: u64 = 1_000_000;

/// Calls all gateways at once, in turn, `each` times, and counts the answers.
async fn spend(cluster: &Cluster, each: usize) -> (usize, usize) {
    let caller = cluster.caller(1).await;
    let body = chat("mock-flat");
    let calls = (0..each).flat_map(|_| 0..cluster.nodes.len());
    let calls: Vec<_> =
        calls.map(|node| tokio::spawn(outcome(cluster.post(node, &caller, &body)))).collect();
    let (mut served, mut refused) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            (200, _) => served += 1,
            (402, code) if code == "credits_exhausted" || code == "limit_reached" => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    (served, refused)
}

/// So many credits are spent of a limit, and nobody has any more of it.
fn spent_of(limit: LimitId, credits: u64) -> impl Fn(&[StoredAccount]) -> bool {
    move |accounts| {
        let account = accounts.iter().find(|account| account.limit == Some(limit)).unwrap();
        (account.spent, account.leased) == (micros(credits * CREDIT), Credits::ZERO)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_gateways_serve_as_many_calls_as_a_grant_pays_for_and_refuse_the_others() {
    let cluster = Cluster::of(3, bounds("hold_wait: 60s")).await;
    cluster.grant(1, "40").await;
    assert_eq!(spend(&cluster, 20).await, (40, 20));
    let provider = cluster.provider.bill().lines.len();
    assert_eq!(provider, 40);
    cluster.until(|accounts| accounts[0].spent == micros(40 * CREDIT)).await;
    cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_that_are_burnt_one_after_the_other_are_spent_as_one() {
    let cluster = Cluster::of(3, bounds("hold_wait: 60s")).await;
    for (id, credits) in [(1, "9.5"), (2, "0.7"), (3, "10.8")] {
        cluster.grant(id, credits).await;
    }
    assert_eq!(spend(&cluster, 10).await, (21, 9));
    let spent = |amount: Credits| {
        move |accounts: &[StoredAccount]| {
            accounts.iter().fold(Credits::ZERO, |sum, it| sum.saturating_add(it.spent)) == amount
        }
    };
    cluster.until(spent(micros(21 * CREDIT))).await;
    cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_ends_it_where_grants_would_go_on() {
    let cluster = Cluster::of(2, bounds("hold_wait: 60s")).await;
    cluster.grant(1, "1000").await;
    cluster.limit(1, "15").await;
    assert_eq!(spend(&cluster, 12).await, (15, 9));
    cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_added_while_calls_run_holds_for_all_that_come_after_it() {
    let cluster = Cluster::of(3, bounds("hold_wait: 60s")).await;
    cluster.grant(1, "1000").await;
    let before = spend(&cluster, 5).await;
    assert_eq!(before, (15, 0));
    let (added, (served, refused)) = tokio::join!(cluster.limit(1, "35"), spend(&cluster, 20));
    assert_eq!(served + refused, 60);
    // It counts what was spent before it, and not the calls that were let in before it was known.
    assert!(served >= 20, "{served}");
    cluster.until(spent_of(added, 35)).await;
    // From here on nothing more passes.
    assert_eq!(spend(&cluster, 2).await, (0, 6));
    cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_lowered_below_what_is_spent_ends_it_at_once_whoever_has_leases() {
    let cluster = Cluster::of(3, bounds("hold_wait: 60s")).await;
    cluster.grant(1, "1000").await;
    let limit = cluster.limit(1, "500").await;
    assert_eq!(spend(&cluster, 4).await, (12, 0));
    let leased =
        |account: &StoredAccount| account.limit != Some(limit) || account.leased >= micros(CREDIT);
    assert!(cluster.accounts().await.iter().all(leased));
    cluster.limit(1, "10").await;
    assert_eq!(spend(&cluster, 2).await, (0, 6));
    cluster.until(spent_of(limit, 12)).await;
    cluster.limit(1, "13").await;
    assert_eq!(spend(&cluster, 1).await, (1, 2));
    cluster.shutdown().await;
}
