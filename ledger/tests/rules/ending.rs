//! How a hold ends.

use ledger::{
    Admission, Charge, GrantKind, LineSource, Scope, WrittenPart, join_written, settle_written,
};

use crate::org::{Org, ada, credits, grant, limit};

#[test]
fn every_limit_pays_the_whole_cost_and_the_grants_pay_it_together() {
    let mut org = Org::new();
    let limit = org.limit(limit(1, Scope::Org, 100));
    let allocation = org.grant(grant(2, GrantKind::Allocation, 10));
    let top_up = org.grant(grant(3, GrantKind::TopUp, 100));
    let settlement = org.hold(&ada(), 40).settle(credits(25));
    let lines = Charge::lines_of(&settlement);
    let lines: Vec<_> =
        lines.iter().map(|line| (line.account, line.source, line.amount.micros())).collect();
    let expected = [
        (limit, LineSource::Limit, 25),
        (allocation, LineSource::Grant(GrantKind::Allocation), 10),
        (top_up, LineSource::Grant(GrantKind::TopUp), 15),
    ];
    assert_eq!(lines, expected);
    assert_eq!(org.book.close(settlement, org.now), Vec::new());
    assert_eq!(org.figures(limit), (75, 0, 0));
}

#[test]
fn a_cost_above_the_hold_is_the_platforms() {
    let mut org = Org::with(100);
    let settlement = org.hold(&ada(), 40).settle(credits(55));
    assert_eq!((settlement.held(), settlement.charged()), (credits(40), credits(40)));
    assert_eq!(settlement.overrun(), credits(15));
    assert_eq!(org.book.close(settlement, org.now), Vec::new());
}

#[test]
fn a_released_hold_costs_nothing_and_has_no_lines() {
    let mut org = Org::with(100);
    let settlement = org.hold(&ada(), 100).release();
    assert!(Charge::lines_of(&settlement).is_empty());
    assert_eq!(org.book.close(settlement, org.now), Vec::new());
    let hold = org.hold(&ada(), 100);
    org.settle(hold, 100);
}

#[test]
fn what_is_held_is_free_again_only_once_the_settlement_is_closed() {
    let mut org = Org::with(100);
    let settlement = org.hold(&ada(), 100).release();
    let ticket = org.wait(&ada(), 1);
    let decided = org.book.close(settlement, org.now);
    assert_eq!(decided.iter().map(|(it, _)| *it).collect::<Vec<_>>(), [ticket]);
}

#[test]
fn a_hold_that_was_written_down_ends_as_the_hold_itself_would() {
    for cost in [0, 5, 10, 25, 47, 60, 90] {
        let mut org = Org::new();
        org.limit(limit(1, Scope::Org, 100));
        org.grant(grant(2, GrantKind::Allocation, 10));
        org.grant(grant(3, GrantKind::TopUp, 30));
        let hold = org.hold(&ada(), 40);
        // What burns first comes last, between the hold and its extension.
        org.grant(grant(4, GrantKind::Promo, 7));
        org.grant(grant(5, GrantKind::Seat, 13));
        let Admission::Held(extension) = org.extend(&hold, &ada(), 20) else { panic!("no more") };
        let written: Vec<_> = hold.parts().iter().map(WrittenPart::from).collect();
        let more: Vec<_> = extension.parts().iter().map(WrittenPart::from).collect();
        let settled = settle_written(&join_written(written, &more), credits(cost));
        let settlement = hold.join(extension).settle(credits(cost));
        assert_eq!(settled.lines, Charge::lines_of(&settlement), "{cost}");
        assert_eq!((settled.held, settled.charged), (settlement.held(), settlement.charged()));
        org.book.close(settlement, org.now);
    }
}
