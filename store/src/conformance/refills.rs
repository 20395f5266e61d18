//! What a gateway leases ahead, and what it is told of its accounts.

use ledger::{Credits, Epoch, LineSource};

use super::asks::{TOP_UP, a_limit, asked, shared, top_up};
use super::fixture::{HOUR, NOW, credits, grant, grant_id};
use super::refused;
use crate::{Audit, Error, Figures, SyncRequest, Verdict};

/// What is left is divided; where the share would not pay for one request, nothing is leased ahead,
/// and asks alone spend it.
pub async fn a_share_below_the_quote_leases_nothing<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[100]).await;
    for (wanted, quote, divisor, expected) in [
        (Credits::MAX, 26, 4, 0),
        (Credits::MAX, 25, 4, 25),
        (credits(10), 18, 4, 10),
        (credits(10), 0, 100, 0),
        (credits(10), 0, 65, 1),
    ] {
        let call = node.call(org).refilling(&[top_up(1)], wanted, credits(quote), divisor);
        let answer = store.sync(&call).await.expect("a wish");
        let leased = answer.granted.iter().map(|it| it.amount.micros()).sum::<u64>();
        assert_eq!(leased, expected, "{wanted} at {quote} by {divisor}");
    }
    let (verdict, granted) = asked(store, &mut node, org, (&[], &[top_up(1)]), (64, 64)).await;
    assert_eq!((verdict, granted), (Verdict::Leased, vec![(top_up(1), 64)]));
}

/// Not while a share of the earlier is below the quote either: it is to be burnt first.
pub async fn a_later_grant_is_leased_only_when_the_earlier_has_nothing_available<S: Audit>(
    store: &S,
) {
    let (org, mut node, mut other) = shared(store, &[100, 100]).await;
    let mut ended = grant(3, TOP_UP, 100);
    ended.end = NOW.plus_micros(HOUR);
    store.put_grant(org, &ended, None, NOW).await.expect("a grant");
    node.now = ended.end;
    other.lease(store, org, grant_id(1), 70).await;
    let grants = [top_up(9), top_up(3), top_up(1), top_up(2)];
    for (quote, expected) in
        [(31, vec![]), (30, vec![(top_up(1), 30)]), (31, vec![(top_up(2), 100)]), (0, vec![])]
    {
        let call = node.call(org).refilling(&grants, Credits::MAX, credits(quote), 1);
        let answer = store.sync(&call).await.expect("a wish");
        let granted = answer.granted.iter().map(|it| (it.account, it.amount.micros()));
        assert_eq!(granted.collect::<Vec<_>>(), expected);
    }
}

/// Of every account of the shard that an ask or a wish names, once, by id, as it is after the call.
pub async fn figures_are_told_of_every_account_that_is_named<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100, 50, 30]).await;
    let limit = a_limit(store, org, 1, 90).await;
    for (account, amount) in [(top_up(1), 100), (limit, 60)] {
        other.lease(store, org, account, amount).await;
    }
    let lines = [(LineSource::Limit, limit, 40), (LineSource::Grant(TOP_UP), top_up(1), 40)];
    let charge = other.charge_of(1, lines);
    other.report(store, [charge.clone()]).await.expect("a charge");
    let correction = crate::AdjustmentRequest {
        org,
        hold: charge.hold,
        charge: credits(30),
        actor: "ada".to_owned(),
        reason: "the answer was cut".to_owned(),
        name: None,
        now: NOW,
    };
    store.adjust(&correction).await.expect("a correction");
    let ask = node.ask((&[limit], &[top_up(1), top_up(9)]), (30, 30));
    let call = node.call(org).asking(ask.clone()).asking(ask);
    let answer = store.sync(&call.wishing(grant_id(2), Credits::MAX)).await.expect("a call");
    let figures = |account, amount, spent, refunded, drained| Figures {
        account,
        amount: credits(amount),
        spent: credits(spent),
        refunded: credits(refunded),
        drained,
    };
    let mut expected = vec![
        figures(limit, 90, 30, 10, false),
        figures(top_up(1), 100, 30, 10, false),
        figures(top_up(2), 50, 0, 0, true),
    ];
    expected.sort_unstable_by_key(|it| it.account);
    assert_eq!(answer.verdicts, [Verdict::Held; 2], "10 of the grant are available");
    assert_eq!(answer.figures, expected);
}

/// A lease that the store has forgotten is sent again: it is booked as it was, of the start that had
/// it, though there be less now; and before what it pays for.
pub async fn a_lease_that_the_store_has_lost_is_booked_as_it_was<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let unreported = node.charge(1, (TOP_UP, grant_id(1)), 25);
    node.restart(store).await;
    other.lease(store, org, grant_id(1), 70).await;
    let (one, two) = (unreported.hold.epoch, node.epoch);
    let own = node.charge(1, (TOP_UP, grant_id(1)), 80);
    let call = node.call(org).regranting(one, grant_id(1), 30).regranting(two, grant_id(1), 90);
    let call = call.charging([unreported, own]).wishing(grant_id(1), Credits::MAX);
    let answer = store.sync(&call.giving_back(grant_id(1), 4)).await.expect("leases");
    assert_eq!(answer.granted, [], "it knows of them");
    let account = store.accounts(org).await.expect("figures").remove(0);
    let leases = [(node.id, one, 5), (node.id, two, 6), (other.id, other.epoch, 70)];
    let leases = leases.map(|(node, epoch, amount)| (node, epoch, credits(amount)));
    assert_eq!((account.spent, account.leased), (credits(105), credits(81)));
    assert_eq!(account.leases, leases);
    for unknown in [
        node.call(org).regranting(two, grant_id(9), 1),
        node.call(org).regranting(Epoch(two.0 + 1), grant_id(1), 1),
    ] {
        refused!(store.sync(&SyncRequest { seq: 2, ..unknown }).await, Error::Corrupt(_));
    }
    assert!(store.reconcile().await.expect("figures").holds());
}
