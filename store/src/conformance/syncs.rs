//! A gateway syncs: what moves, what moves only once, and what moves nothing.

use ledger::{AccountId, Credits, GrantKind, Instant, LineSource, Period, Scope};

use super::fixture::{NOW, credits, grant, grant_id, limit, org_id, settle_in};
use super::node::{Node, granting};
use super::refused;
use crate::{Audit, Error, StoredAccount, SyncRequest};

const TOP_UP: GrantKind = GrantKind::TopUp;

/// An organisation with a top-up of 1,000, of which a gateway has leased 600.
async fn leased<S: Audit>(store: &S) -> (ledger::OrgId, Node) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, TOP_UP, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    assert_eq!(node.lease(store, org, grant_id(1), 600).await, credits(600));
    (org, node)
}

async fn figures<S: Audit>(store: &S) -> Vec<StoredAccount> {
    store.accounts(org_id(1)).await.expect("figures")
}

/// Tries a call that must be refused as corrupt, and that everything is as it was.
async fn moves_nothing<S: Audit>(store: &S, call: &SyncRequest) {
    let before = figures(store).await;
    refused!(store.sync(call).await, Error::Corrupt(_));
    assert_eq!(figures(store).await, before);
    for charge in &call.events {
        assert_eq!(store.charge(charge.org, charge.hold).await.expect("a look-up"), None);
    }
}

/// The acknowledgement was lost: the gateway asks again and is told the same.
pub async fn the_same_number_with_the_same_content_answers_the_same_and_moves_nothing<S: Audit>(
    store: &S,
) {
    let (org, mut node) = leased(store).await;
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 100);
    let call = node.call(org).charging([charge]).giving_back(grant_id(1), 50);
    let call = call.wishing(grant_id(1), credits(70));
    let answer = store.sync(&call).await.expect("a call");
    assert_eq!(answer.granted, granting([(grant_id(1).into(), 70)]));
    let after = figures(store).await;
    assert_eq!((after[0].spent, after[0].leased), (credits(100), credits(520)));
    for _ in 0..2 {
        assert_eq!(store.sync(&call).await.expect("the same call"), answer);
        assert_eq!(figures(store).await, after);
    }
}

/// Two different calls of one number: somebody is mistaken, and nothing moves.
pub async fn the_same_number_with_other_content_is_a_mismatch<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 100);
    let call = node.call(org).charging([charge]);
    store.sync(&call).await.expect("a call");
    let after = figures(store).await;
    let mut others = vec![call.clone().wishing(grant_id(1), credits(1)); 3];
    others[1] = call.clone().giving_back(grant_id(1), 1);
    others[2] = call.clone();
    others[2].events[0].outputs += 1;
    for other in others {
        refused!(store.sync(&other).await, Error::Mismatch { seq: 2 });
        assert_eq!(figures(store).await, after);
    }
}

/// A call that was left out, or a store that has gone back.
pub async fn a_number_that_is_not_the_next_is_a_rewind<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let mut call = node.call(org).wishing(grant_id(1), credits(1));
    store.sync(&call).await.expect("the second call");
    let after = figures(store).await;
    for seq in [0, 1, 4, u64::MAX] {
        call.seq = seq;
        refused!(store.sync(&call).await, Error::Rewind { applied: 2 });
        assert_eq!(figures(store).await, after);
    }
    let mut backwards = node.call(org);
    backwards.lsn = 9;
    store.sync(&backwards).await.expect("the third call");
    let mut backwards = node.call(org);
    backwards.lsn = 8;
    refused!(store.sync(&backwards).await, Error::Corrupt(_));
}

/// Credits that were not leased to a node cannot be spent by it, whosever they are.
pub async fn a_charge_beyond_its_lease_moves_nothing<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let mut other = Node::start(store, 8).await;
    let unleased = other.charge(1, (TOP_UP, grant_id(1)), 1);
    moves_nothing(store, &other.call(org).charging([unleased])).await;
    let charges =
        [node.charge(1, (TOP_UP, grant_id(1)), 300), node.charge(1, (TOP_UP, grant_id(1)), 301)];
    moves_nothing(store, &node.call(org).charging(charges)).await;
    let unknown = node.charge(1, (TOP_UP, grant_id(2)), 1);
    node.seqs.insert(org.shard(), 1);
    moves_nothing(store, &node.call(org).charging([unknown])).await;
    // To the last credit of the lease, it may.
    let all = node.charge(1, (TOP_UP, grant_id(1)), 600);
    node.seqs.insert(org.shard(), 1);
    node.report(store, [all]).await.expect("the whole lease");
    let account = &figures(store).await[0];
    assert_eq!((account.spent, account.leased), (credits(600), credits(0)));
}

/// A node cannot give back what it does not have, or has spent in the same call.
pub async fn what_is_given_back_must_have_been_leased<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 200);
    let call = node.call(org).charging([charge]);
    moves_nothing(store, &call.clone().giving_back(grant_id(1), 401)).await;
    moves_nothing(store, &call.clone().giving_back(grant_id(2), 1)).await;
    moves_nothing(store, &call.clone().giving_back(grant_id(1), 400).giving_back(grant_id(1), 1))
        .await;
    // What is given back is there for whoever asks next, in the same call.
    let call = call.giving_back(grant_id(1), 400).wishing(grant_id(1), Credits::MAX);
    let answer = store.sync(&call).await.expect("a call");
    assert_eq!(answer.granted, granting([(grant_id(1).into(), 800)]));
}

/// The report and the charges say the same in two ways.
pub async fn a_report_must_be_the_sum_of_its_charges<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 200);
    let call = node.call(org).charging([charge]);
    let mut wrong = vec![call.clone(); 4];
    wrong[0].report.clear();
    wrong[1].report[0].amount = credits(199);
    wrong[2].report[0].account = AccountId::from(grant_id(2));
    wrong[3].events.clear();
    for call in wrong {
        moves_nothing(store, &call).await;
    }
    store.sync(&call).await.expect("the true report");
}

/// Each limit of a charge pays the whole, the grants together pay the whole, once each.
pub async fn a_charge_that_does_not_add_up_moves_nothing<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let day = limit(1, Scope::Org, Period::Day, 500);
    store.put_limit(org, &day, ledger::CountsFrom::PeriodStart, NOW).await.expect("a limit");
    let day = store.open_periods(org, NOW).await.expect("a period")[0].account;
    node.lease(store, org, day, 500).await;
    let (grants, limits) = (LineSource::Grant(TOP_UP), LineSource::Limit);
    let true_charge = node.charge_of(1, [(limits, day, 90), (grants, grant_id(1).into(), 90)]);
    let mut wrong = vec![true_charge.clone(); 7];
    wrong[0].charged = credits(91);
    wrong[1].lines[0].amount = credits(89);
    wrong[2].lines[1].amount = credits(89);
    wrong[3].ended = Instant::from_micros(wrong[3].admitted.micros() - 1);
    wrong[4].hold.node = ledger::NodeId(8);
    wrong[5].hold.epoch = ledger::Epoch(2);
    let twice = wrong[6].lines[0];
    wrong[6].lines.push(twice);
    let call = node.call(org);
    for charge in wrong {
        moves_nothing(store, &call.clone().charging([charge])).await;
    }
    store.sync(&call.charging([true_charge])).await.expect("the true charge");
}

/// A hold that ends twice is named, whether in one call or in two.
pub async fn a_hold_is_charged_once<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 10);
    let call = node.call(org);
    moves_nothing(store, &call.clone().charging([charge.clone(), charge.clone()])).await;
    store.sync(&call.charging([charge.clone()])).await.expect("the first end");
    let before = figures(store).await;
    refused!(node.report(store, [charge.clone()]).await, Error::Corrupt(_));
    assert_eq!(figures(store).await, before);
    assert_eq!(store.charge(charge.org, charge.hold).await.expect("a look-up"), Some(charge));
}

/// A charge cannot call a limit a grant, a promo a top-up, or its neighbour's account its own.
pub async fn an_account_is_what_its_charges_say<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    settle_in(store, 2).await;
    let promo = node.charge(1, (GrantKind::Promo, grant_id(1)), 10);
    let neighbours = node.charge(2, (TOP_UP, grant_id(1)), 10);
    let call = node.call(org);
    for charge in [promo, neighbours] {
        moves_nothing(store, &call.clone().charging([charge])).await;
    }
}

/// Each shard has numbers of its own, and no call reaches beyond its shard.
pub async fn organisations_in_two_shards_do_not_meet<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let other = settle_in(store, 3).await;
    assert_ne!(org.shard(), other.shard());
    store.put_grant(other, &grant(3, TOP_UP, 50), None, NOW).await.expect("a grant");
    let call = node.call(other).wishing(grant_id(1), credits(1)).wishing(grant_id(3), Credits::MAX);
    assert_eq!(call.seq, 1);
    let answer = store.sync(&call).await.expect("the first call of the other shard");
    assert_eq!(answer.granted, granting([(grant_id(3).into(), 50)]));
    moves_nothing(store, &node.call(other).giving_back(grant_id(1), 1)).await;
    let theirs = node.charge(3, (TOP_UP, grant_id(3)), 1);
    moves_nothing(store, &node.call(org).charging([theirs])).await;
}

/// The sum of all leases never passes what is left.
pub async fn what_is_leased_is_never_more_than_what_is_available<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    let mut other = Node::start(store, 8).await;
    assert_eq!(other.lease(store, org, grant_id(1), 500).await, credits(400));
    assert_eq!(node.lease(store, org, grant_id(1), 1).await, Credits::ZERO);
    let charge = node.charge(1, (TOP_UP, grant_id(1)), 600);
    node.report(store, [charge]).await.expect("the whole lease");
    assert_eq!(node.lease(store, org, grant_id(1), 1).await, Credits::ZERO);
    let back = other.call(org).giving_back(grant_id(1), 400);
    store.sync(&back).await.expect("what was not needed");
    assert_eq!(node.lease(store, org, grant_id(1), 500).await, credits(400));
}

/// What was leased before the end may be spent and given back after it.
pub async fn an_ended_grant_is_leased_no_more_and_still_pays_its_holds<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut promo = grant(1, GrantKind::Promo, 1_000);
    promo.end = NOW.plus_micros(10);
    store.put_grant(org, &promo, None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.now = NOW.plus_micros(9);
    assert_eq!(node.lease(store, org, promo.id, 300).await, credits(300));
    node.now = NOW.plus_micros(10);
    assert_eq!(node.lease(store, org, promo.id, 300).await, Credits::ZERO);
    let charge = node.charge(1, (GrantKind::Promo, promo.id), 100);
    let call = node.call(org).charging([charge]).giving_back(promo.id, 200);
    store.sync(&call).await.expect("the end of a hold");
    let account = &figures(store).await[0];
    assert_eq!((account.spent, account.leased), (credits(100), Credits::ZERO));
}

/// First come, first served; who got nothing, and what is unknown, is left out.
pub async fn wishes_are_served_in_their_order<S: Audit>(store: &S) {
    let (org, mut node) = leased(store).await;
    store.put_grant(org, &grant(2, TOP_UP, 30), None, NOW).await.expect("a grant");
    let call = node.call(org).wishing(grant_id(2), credits(20));
    let call = call.wishing(grant_id(9), credits(5)).wishing(grant_id(1), credits(100));
    let call = call.wishing(grant_id(2), credits(20)).wishing(grant_id(2), credits(20));
    let answer = store.sync(&call.wishing(grant_id(1), Credits::ZERO)).await.expect("wishes");
    let (one, two) = (AccountId::from(grant_id(1)), AccountId::from(grant_id(2)));
    assert_eq!(answer.granted, granting([(two, 20), (one, 100), (two, 10)]));
}
