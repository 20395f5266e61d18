//! A key is claimed, and what its request came to decides whether it is free again.

use ledger::{Cause, Charge, Ending, Epoch, GrantKind, HoldId, Instant, NodeId, OrgId};

use super::fixture::{DAY, NOW, grant, grant_id, member_id, org_id, settle_in};
use super::node::Node;
use super::refused;
use crate::{Audit, ClaimAnswer, Error, IdempotencyClaim};

const TOP_UP: GrantKind = GrantKind::TopUp;

/// An organisation, and the gateway of the scenario's strangers.
async fn settled<S: Audit>(store: &S) -> OrgId {
    assert_eq!(Node::start(store, 9).await.epoch, Epoch(1));
    settle_in(store, 1).await
}

/// A gateway that has leased a top-up of 1,000.
async fn leased<S: Audit>(store: &S) -> Node {
    let org = settled(store).await;
    store.put_grant(org, &grant(1, TOP_UP, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, grant_id(1), 1_000).await;
    node
}

/// The claim of the organisation's first member for a request.
fn claim(key: &str, hold: HoldId) -> IdempotencyClaim {
    IdempotencyClaim {
        org: org_id(1),
        member: member_id(1),
        key: key.to_owned(),
        fingerprint: [1; 32],
        hold,
        now: NOW,
    }
}

/// The same claim for what is a different request.
fn other_content(claim: &IdempotencyClaim) -> IdempotencyClaim {
    IdempotencyClaim { fingerprint: [2; 32], ..claim.clone() }
}

/// A request of a gateway that is none of the scenario's own.
fn stranger(n: u64) -> HoldId {
    HoldId { node: NodeId(9), epoch: Epoch(1), n }
}

async fn told<S: Audit>(store: &S, claim: &IdempotencyClaim) -> ClaimAnswer {
    store.claim_idempotency(claim).await.expect("a claim")
}

/// What is told to whoever comes with the key later.
async fn later<S: Audit>(store: &S, key: &str, n: u64) -> ClaimAnswer {
    told(store, &claim(key, stranger(n))).await
}

/// Claims a key for the charge's request, and reports the charge.
async fn run<S: Audit>(store: &S, node: &mut Node, key: &str, charge: &Charge) {
    assert_eq!(told(store, &claim(key, charge.hold)).await, ClaimAnswer::Claimed);
    report(store, node, charge).await;
}

async fn report<S: Audit>(store: &S, node: &mut Node, charge: &Charge) {
    let call = node.call(charge.org).charging([charge.clone()]).keyed([charge.hold]);
    store.sync(&call).await.expect("a keyed charge");
}

fn finished(charge: &Charge) -> ClaimAnswer {
    let Charge { hold, status, charged, .. } = *charge;
    ClaimAnswer::Finished { hold, status, charged }
}

/// Whoever comes second hears who was first; whoever asks for something else hears only that.
pub async fn a_key_belongs_to_the_first_request_that_claims_it<S: Audit>(store: &S) {
    settled(store).await;
    let first = claim("a", stranger(1));
    for _ in 0..2 {
        assert_eq!(told(store, &first).await, ClaimAnswer::Claimed);
        assert_eq!(told(store, &other_content(&first)).await, ClaimAnswer::Mismatch);
        assert_eq!(later(store, "a", 2).await, ClaimAnswer::Running { hold: stranger(1) });
        let other = other_content(&claim("a", stranger(2)));
        assert_eq!(told(store, &other).await, ClaimAnswer::Mismatch);
    }
    assert_eq!(later(store, "b", 3).await, ClaimAnswer::Claimed);
}

/// Nobody meets another member's keys, whatever they are called.
pub async fn the_same_text_of_another_member_is_another_key<S: Audit>(store: &S) {
    settled(store).await;
    settle_in(store, 2).await;
    settle_in(store, 3).await;
    let own = claim("a", stranger(1));
    let colleague = IdempotencyClaim { member: member_id(11), hold: stranger(2), ..own.clone() };
    let neighbour = IdempotencyClaim { org: org_id(2), hold: stranger(3), ..own.clone() };
    let elsewhere = IdempotencyClaim { org: org_id(3), hold: stranger(4), ..own.clone() };
    for claim in [own, colleague, neighbour, elsewhere] {
        assert_eq!(told(store, &claim).await, ClaimAnswer::Claimed);
    }
}

/// The end is told with the charge, whoever asks, and nothing frees the key any more.
pub async fn a_key_of_an_answered_request_tells_its_status_and_its_charge<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let mut settled = node.charge(1, (TOP_UP, grant_id(1)), 250);
    settled.status = 201;
    let mut free = node.charge_of(1, []);
    free.ending = Ending::Estimated;
    let mut indeterminate = node.charge(1, (TOP_UP, grant_id(1)), 1);
    (indeterminate.ending, indeterminate.status) = (Ending::Indeterminate, 0);
    for (key, charge) in [("a", settled), ("b", free), ("c", indeterminate)] {
        run(store, &mut node, key, &charge).await;
        store.unclaim_idempotency(charge.org, &[charge.hold]).await.expect("too late");
        assert_eq!(later(store, key, 1).await, finished(&charge));
        assert_eq!(told(store, &claim(key, charge.hold)).await, finished(&charge));
        let other = other_content(&claim(key, charge.hold));
        assert_eq!(told(store, &other).await, ClaimAnswer::Mismatch);
    }
}

/// A retry of what was not charged runs, with whatever content.
pub async fn a_key_whose_request_came_to_nothing_is_free<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    for (key, ending) in [
        ("a", Ending::Released(Cause::ProviderError)),
        ("b", Ending::Released(Cause::ClientGone)),
        ("c", Ending::Indeterminate),
    ] {
        let mut charge = node.charge_of(1, []);
        charge.ending = ending;
        run(store, &mut node, key, &charge).await;
        let again = other_content(&claim(key, stranger(1)));
        assert_eq!(told(store, &again).await, ClaimAnswer::Claimed);
    }
}

/// Nobody would end the key: an earlier start is over, and a gateway that never started is none.
pub async fn only_the_last_start_of_a_gateway_claims_a_key<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let earlier = node.charge_of(1, []).hold;
    node.restart(store).await;
    let claims = [(earlier, Epoch(2)), (HoldId { node: NodeId(8), ..earlier }, Epoch(0))];
    for (hold, last) in claims {
        let claimed = store.claim_idempotency(&claim("a", hold)).await;
        assert!(
            matches!(claimed, Err(Error::Fenced { current }) if current == last),
            "{claimed:?}"
        );
    }
    let own = node.charge_of(1, []).hold;
    assert_eq!(told(store, &claim("a", own)).await, ClaimAnswer::Claimed);
}

/// Only charges that are named as keyed end keys, and each only those that its own request claimed.
pub async fn a_sync_ends_the_keys_of_its_keyed_charges_only<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let [first, second] = [(); 2].map(|()| node.charge_of(1, []));
    for (key, charge) in [("a", &first), ("b", &second)] {
        assert_eq!(told(store, &claim(key, charge.hold)).await, ClaimAnswer::Claimed);
    }
    let call = node.call(org_id(1)).charging([first.clone(), second.clone()]);
    store.sync(&call.keyed([second.hold])).await.expect("charges");
    assert_eq!(later(store, "a", 1).await, ClaimAnswer::Running { hold: first.hold });
    assert_eq!(later(store, "b", 1).await, finished(&second));
}

/// What is keyed and not charged is a mistake, and so is another order.
pub async fn a_keyed_hold_that_is_not_charged_moves_nothing<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let [first, second] = [(); 2].map(|()| node.charge_of(1, []));
    let claims = [claim("a", first.hold), claim("b", second.hold)];
    for claim in &claims {
        assert_eq!(told(store, claim).await, ClaimAnswer::Claimed);
    }
    let (one, two) = (first.hold, second.hold);
    let call = node.call(org_id(1)).charging([first, second]);
    for wrong in [vec![one, stranger(1)], vec![two, one], vec![one, one]] {
        refused!(store.sync(&call.clone().keyed(wrong)).await, Error::Corrupt(_));
        for claim in &claims {
            assert_eq!(told(store, claim).await, ClaimAnswer::Claimed);
        }
        assert_eq!(store.charge(org_id(1), one).await.expect("a look-up"), None);
    }
}

/// The acknowledgement was lost and the key has been claimed anew: it stays the new request's.
pub async fn a_repeated_call_ends_no_key_twice<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let mut charge = node.charge_of(1, []);
    charge.ending = Ending::Released(Cause::ProviderTimeout);
    let first = claim("a", charge.hold);
    assert_eq!(told(store, &first).await, ClaimAnswer::Claimed);
    let call = node.call(charge.org).charging([charge.clone()]).keyed([charge.hold]);
    store.sync(&call).await.expect("a keyed charge");
    assert_eq!(later(store, "a", 1).await, ClaimAnswer::Claimed);
    store.sync(&call).await.expect("the same call");
    assert_eq!(told(store, &first).await, ClaimAnswer::Running { hold: stranger(1) });
}

/// A request that was refused after all leaves no trace, and takes nobody else's key along.
pub async fn an_unclaimed_key_is_free<S: Audit>(store: &S) {
    settled(store).await;
    for (key, n) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(later(store, key, n).await, ClaimAnswer::Claimed);
    }
    store.unclaim_idempotency(org_id(2), &[stranger(1)]).await.expect("another's");
    store.unclaim_idempotency(org_id(1), &[]).await.expect("nothing");
    assert_eq!(later(store, "a", 9).await, ClaimAnswer::Running { hold: stranger(1) });
    let gone = [stranger(1), stranger(3), stranger(5)];
    store.unclaim_idempotency(org_id(1), &gone).await.expect("two of three");
    assert_eq!(later(store, "a", 9).await, ClaimAnswer::Claimed);
    assert_eq!(later(store, "b", 9).await, ClaimAnswer::Running { hold: stranger(2) });
    assert_eq!(later(store, "c", 8).await, ClaimAnswer::Claimed);
    // The first owner's late word does not free what is another's by now.
    store.unclaim_idempotency(org_id(1), &gone).await.expect("the same again");
    assert_eq!(later(store, "a", 1).await, ClaimAnswer::Running { hold: stranger(9) });
}

/// The journal of the earlier starts has been replayed: what it did not end was never held.
pub async fn recovery_frees_the_keys_that_earlier_starts_left<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let answered = node.charge(1, (TOP_UP, grant_id(1)), 5);
    run(store, &mut node, "answered", &answered).await;
    let left = node.charge_of(1, []).hold;
    assert_eq!(told(store, &claim("left", left)).await, ClaimAnswer::Claimed);
    assert_eq!(later(store, "another's", 1).await, ClaimAnswer::Claimed);
    node.restart(store).await;
    let own = node.charge_of(1, []).hold;
    assert_eq!(told(store, &claim("own", own)).await, ClaimAnswer::Claimed);
    assert_eq!(later(store, "left", 2).await, ClaimAnswer::Running { hold: left });
    store.recovered(node.id, node.epoch).await.expect("a recovery");
    assert_eq!(later(store, "answered", 2).await, finished(&answered));
    assert_eq!(later(store, "left", 2).await, ClaimAnswer::Claimed);
    assert_eq!(later(store, "another's", 2).await, ClaimAnswer::Running { hold: stranger(1) });
    assert_eq!(later(store, "own", 2).await, ClaimAnswer::Running { hold: own });
}

/// A day from the claim, and from the end once there is one; to the microsecond.
pub async fn a_key_is_kept_for_a_day<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let at = |since: Instant, micros: i64| {
        let now = since.plus_micros(DAY + micros);
        IdempotencyClaim { now, ..claim("a", stranger(1)) }
    };
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 5);
    assert_eq!(told(store, &claim("a", charge.hold)).await, ClaimAnswer::Claimed);
    assert_eq!(told(store, &at(NOW, -1)).await, ClaimAnswer::Running { hold: charge.hold });
    report(store, &mut node, &charge).await;
    assert!(charge.ended > NOW);
    assert_eq!(told(store, &at(charge.ended, -1)).await, finished(&charge));
    assert_eq!(told(store, &at(charge.ended, 0)).await, ClaimAnswer::Claimed);
    assert_eq!(told(store, &at(charge.ended, 0)).await, ClaimAnswer::Claimed);
}

/// An end that is reported after the key's time neither brings it back nor ends a later claim.
pub async fn an_end_after_its_time_changes_no_key<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let [first, second] = [(); 2].map(|()| node.charge(1, (TOP_UP, grant_id(1)), 5));
    for (key, charge) in [("a", &first), ("b", &second)] {
        assert_eq!(told(store, &claim(key, charge.hold)).await, ClaimAnswer::Claimed);
    }
    node.now = NOW.plus_micros(DAY);
    let late = |key, n| IdempotencyClaim { now: NOW.plus_micros(DAY), ..claim(key, stranger(n)) };
    report(store, &mut node, &first).await;
    assert_eq!(told(store, &late("a", 1)).await, ClaimAnswer::Claimed);
    assert_eq!(told(store, &late("b", 2)).await, ClaimAnswer::Claimed);
    report(store, &mut node, &second).await;
    assert_eq!(told(store, &late("b", 3)).await, ClaimAnswer::Running { hold: stranger(2) });
    let charge = store.charge(first.org, first.hold).await.expect("a look-up");
    assert_eq!(charge, Some(first), "it is charged all the same");
}
