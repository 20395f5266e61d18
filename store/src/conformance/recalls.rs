//! What somebody waits for is recalled from those who have it, if they are heard of.

use ledger::{CountsFrom, Period, Scope};

use super::asks::{TOP_UP, a_limit, asked, shared, top_up};
use super::fixture::{NOW, credits, grant, grant_id, limit};
use crate::{Audit, SILENT_AFTER_MICROS, ShortOf, Verdict};

/// Only accounts that are short themselves are recalled, and only those who have a lease of them are
/// told, in every answer until it is back.
pub async fn what_others_hold_is_recalled_from_them<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100, 100]).await;
    let (wide, narrow) = (a_limit(store, org, 1, 500).await, a_limit(store, org, 2, 90).await);
    for account in [wide, narrow, top_up(1)] {
        other.lease(store, org, account, 80).await;
    }
    node.lease(store, org, grant_id(1), 20).await;
    let path: (&[_], &[_]) = (&[wide, narrow], &[top_up(1), top_up(2)]);
    assert_eq!(asked(store, &mut node, org, path, (50, 50)).await.0, Verdict::Held);
    let told = store.sync(&node.call(org)).await.expect("a call");
    assert_eq!(told.recalled, [], "the grants together suffice");
    let told = store.sync(&other.call(org)).await.expect("a call");
    assert_eq!(told.recalled, [narrow]);
    assert_eq!(asked(store, &mut node, org, path, (81, 90)).await.0, Verdict::Held);
    assert_eq!(asked(store, &mut node, org, (&[], &[top_up(1)]), (1, 1)).await.0, Verdict::Held);
    let told = store.sync(&node.call(org)).await.expect("a call");
    assert_eq!(told.recalled, [top_up(1)], "its own as well");
    let mut both = [narrow, top_up(1)];
    both.sort_unstable();
    let told = store.sync(&other.call(org)).await.expect("a call");
    assert_eq!(told.recalled, both);
    let told = store.sync(&other.call(org).giving_back(narrow, 80)).await.expect("a return");
    assert_eq!(told.recalled, [top_up(1)], "it has nothing of the other any more");
}

/// Until then nothing is leased ahead, since whoever waits would find it gone; and not by an amount
/// that is not raised.
pub async fn a_recall_is_lifted_by_an_ask_that_leaves_plenty_and_by_a_higher_amount<S: Audit>(
    store: &S,
) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let account = a_limit(store, org, 1, 100).await;
    for account in [account, top_up(1)] {
        other.lease(store, org, account, 100).await;
    }
    let mut ceiling = limit(1, Scope::Org, Period::Day, 100);
    ceiling.tool = Some(ledger::Tool::new("tool-1"));
    let mut bought = grant(1, TOP_UP, 100);
    let path: (&[_], &[_]) = (&[account], &[top_up(1)]);
    let both = {
        let mut both = vec![account, top_up(1)];
        both.sort_unstable();
        both
    };
    assert_eq!(asked(store, &mut node, org, path, (10, 10)).await.0, Verdict::Held);
    let back = other.call(org).giving_back(account, 50).giving_back(grant_id(1), 50);
    assert_eq!(store.sync(&back).await.expect("a return").recalled, both);
    assert_eq!(asked(store, &mut node, org, path, (11, 11)).await.0, Verdict::Leased);
    store.put_grant(org, &bought, None, NOW).await.expect("the same again");
    store.put_limit(org, &ceiling, CountsFrom::Now, NOW).await.expect("the same again");
    assert_eq!(store.sync(&other.call(org)).await.expect("a call").recalled, both);
    bought.amount = credits(101);
    store.put_grant(org, &bought, None, NOW).await.expect("more");
    assert_eq!(store.sync(&other.call(org)).await.expect("a call").recalled, [account]);
    let wish = node.call(org).wishing(account, credits(1));
    let wished = store.sync(&wish).await.expect("a wish");
    assert_eq!((wished.granted, wished.recalled), (vec![], vec![account]));
    assert_eq!(asked(store, &mut node, org, path, (5, 5)).await.0, Verdict::Leased);
    assert_eq!(store.sync(&other.call(org)).await.expect("a call").recalled, []);
    assert_eq!(asked(store, &mut node, org, path, (90, 90)).await.0, Verdict::Held);
    ceiling.amount = credits(130);
    store.put_limit(org, &ceiling, CountsFrom::Now, NOW).await.expect("more");
    assert_eq!(store.sync(&other.call(org)).await.expect("a call").recalled, [top_up(1)]);
}

/// Credits of a gateway that is heard of are held; of a silent one they are in doubt, but only where
/// the rest does not suffice. Who asks is heard of by that.
pub async fn credits_are_in_doubt_only_with_a_gateway_that_is_silent<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    other.lease(store, org, grant_id(1), 60).await;
    other.restart(store).await;
    node.lease(store, org, grant_id(1), 30).await;
    let path: (&[_], &[_]) = (&[], &[top_up(1)]);
    for (after, least, expected) in [
        (SILENT_AFTER_MICROS, 41, Verdict::Held),
        (SILENT_AFTER_MICROS + 1, 41, Verdict::InDoubt),
        (SILENT_AFTER_MICROS + 1, 40, Verdict::Held),
        (SILENT_AFTER_MICROS + 1, 101, Verdict::Short { on: ShortOf::Grants, lasting: false }),
        (SILENT_AFTER_MICROS + 1, 10, Verdict::Leased),
    ] {
        node.now = NOW.plus_micros(after);
        let told = asked(store, &mut node, org, path, (least, 200)).await.0;
        assert_eq!(told, expected, "{least} after {after}");
    }
    let told = store.sync(&other.call(org)).await.expect("a call");
    assert_eq!(told.recalled, [], "an earlier start has the lease, and this one has nothing");
    other.now = node.now;
    store.heartbeat(&other.beat()).await.expect("a sign of life");
    assert_eq!(asked(store, &mut node, org, path, (41, 50)).await.0, Verdict::Held);
}
