//! Which limits a request must pass.

use ledger::{
    Change, Credits, KeyStanding, Limit, LimitId, PathKey, Period, ProjectId, Refusal, Scope,
    ShortOn, Tool,
};

use crate::org::{ADA, DESIGN, KEY, Org, SALES, ada, at, ben, credits, key, limit, period};

const PROJECT: ProjectId = ProjectId::from_u128(1);

fn short_on(org: &mut Org, caller: &PathKey, amount: u64) -> LimitId {
    let short = org.short(caller, amount);
    let ShortOn::Limit(limit) = short.on else { panic!("{short:?}") };
    limit.id
}

#[test]
fn the_narrowest_scope_is_named_first_then_the_one_tool_then_the_shortest_period() {
    let mut org = Org::with(100);
    let scopes = [
        Scope::Key(KEY),
        Scope::Member(ADA),
        Scope::Project(PROJECT),
        Scope::Group(DESIGN),
        Scope::Org,
    ];
    let mut in_order = Vec::new();
    for scope in scopes {
        for tool in [Some(crate::org::chat()), None] {
            for period in Period::ALL {
                in_order.push((scope, tool.clone(), period));
            }
        }
    }
    // Made in the opposite order, so that neither age nor name helps.
    let count = u128::try_from(in_order.len()).unwrap();
    for (n, (scope, tool, period)) in (1..).zip(in_order.into_iter().rev()) {
        org.limit(Limit { tool, period, ..limit(n, scope, 0) });
    }
    let caller = PathKey { project: Some(PROJECT), ..ada() };
    for n in (1..=count).rev() {
        assert_eq!(short_on(&mut org, &caller, 1), LimitId::from_u128(n));
        org.apply(Change::LimitRemoved(LimitId::from_u128(n)));
    }
    let hold = org.hold(&caller, 100);
    org.settle(hold, 0);
}

#[test]
fn a_limit_with_too_little_left_is_named_before_grants_with_too_little() {
    let mut org = Org::with(5);
    let account = org.limit(limit(1, Scope::Org, 10));
    assert_eq!(short_on(&mut org, &ada(), 11), LimitId::from_u128(1));
    assert_eq!(org.short(&ada(), 6).on, ShortOn::Grants { restricted: None });
    assert_eq!(org.figures(account), (10, 0, 0), "nothing was taken");
}

#[test]
fn a_refusal_tells_what_is_there_and_when_it_counts_anew() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Org, 10));
    let spent = org.hold(&ada(), 3);
    org.settle(spent, 3);
    let held = org.hold(&ada(), 2);
    let short = org.short(&ada(), 8);
    let figures = [short.amount, short.spent, short.held, short.required, short.left];
    assert_eq!(figures.map(Credits::micros), [10, 3, 2, 8, 7]);
    assert_eq!(short.resets_at, Some(at(100)));
    org.settle(held, 0);
}

#[test]
fn a_charge_belongs_to_one_group_and_passes_only_its_limits() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Group(DESIGN), 10));
    org.limit(limit(2, Scope::Group(SALES), 20));
    assert_eq!(short_on(&mut org, &ada(), 21), LimitId::from_u128(1), "her home");
    assert_eq!(short_on(&mut org, &ben(), 21), LimitId::from_u128(2), "his home");
    org.apply(Change::Key(KeyStanding { group: Some(SALES), ..key() }));
    assert_eq!(short_on(&mut org, &ada(), 21), LimitId::from_u128(2), "the key's");
    let token = PathKey { group: Some(DESIGN), ..ada() };
    assert_eq!(short_on(&mut org, &token, 21), LimitId::from_u128(1), "the token's");
}

#[test]
fn a_project_is_the_one_the_request_names_or_else_the_keys() {
    let mut org = Org::with(100);
    org.apply(Change::Key(KeyStanding { project: Some(PROJECT), ..key() }));
    org.limit(limit(1, Scope::Project(PROJECT), 10));
    assert_eq!(short_on(&mut org, &ada(), 11), LimitId::from_u128(1));
    let other = PathKey { project: Some(ProjectId::from_u128(2)), ..ada() };
    let hold = org.hold(&other, 11);
    assert_eq!(hold.project(), Some(ProjectId::from_u128(2)));
    org.settle(hold, 0);
}

#[test]
fn a_limit_of_one_tool_counts_no_other() {
    let mut org = Org::with(100);
    org.limit(Limit { tool: Some(Tool::new("video")), ..limit(1, Scope::Org, 10) });
    let hold = org.hold(&ada(), 11);
    org.settle(hold, 0);
    let toolless = PathKey { tool: None, ..ada() };
    let hold = org.hold(&toolless, 11);
    org.settle(hold, 0);
    let video = PathKey { tool: Some(Tool::new("video")), ..ada() };
    assert_eq!(short_on(&mut org, &video, 11), LimitId::from_u128(1));
}

#[test]
fn a_members_limit_counts_all_its_keys_and_tokens_and_nobody_elses() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Member(ADA), 10));
    let hold = org.hold(&ada(), 10);
    org.settle(hold, 10);
    let token = PathKey { key: None, ..ada() };
    assert_eq!(short_on(&mut org, &token, 1), LimitId::from_u128(1));
    let hold = org.hold(&ben(), 11);
    org.settle(hold, 0);
}

#[test]
fn a_removed_limit_counts_no_more_and_gives_its_lease_back() {
    let mut org = Org::with(100);
    let account = org.limit(limit(1, Scope::Org, 10));
    let hold = org.hold(&ada(), 6);
    org.apply(Change::LimitRemoved(LimitId::from_u128(1)));
    assert_eq!(org.returned(), [(account, 4)]);
    let beside = org.hold(&ada(), 50);
    org.settle(hold, 5);
    assert_eq!(org.returned(), [(account, 1)], "what ran on it is charged to it");
    assert!(org.book.accounts().all(|known| known.id() != account));
    org.settle(beside, 0);
}

#[test]
fn a_revived_limit_counts_what_ran_while_it_was_gone() {
    let mut org = Org::with(100);
    let limit = limit(1, Scope::Org, 10);
    let account = org.limit(limit.clone());
    let hold = org.hold(&ada(), 6);
    org.apply(Change::LimitRemoved(limit.id));
    org.apply(Change::Limit(limit.clone()));
    let unopened = Refusal::PeriodUnopened(Box::new(limit.clone()));
    assert_eq!(org.refusal(&ada(), 1), unopened);
    org.apply(Change::PeriodOpened(period(&limit, 0, 100)));
    org.apply(Change::Leased(vec![(account, credits(4))]));
    assert_eq!(org.figures(account), (4, 6, 0));
    org.settle(hold, 6);
    assert_eq!(org.short(&ada(), 5).left, credits(4));
}

#[test]
fn a_revived_limit_counts_charges_that_have_not_reached_the_store() {
    let mut org = Org::with(100);
    let limit = limit(1, Scope::Org, 10);
    org.limit(limit.clone());
    let holds = [org.hold(&ada(), 6), org.hold(&ada(), 1)];
    org.apply(Change::LimitRemoved(limit.id));
    let [six, one] = holds;
    org.settle(six, 6);
    org.apply(Change::Limit(limit.clone()));
    org.apply(Change::PeriodOpened(period(&limit, 0, 100)));
    assert_eq!(org.short(&ada(), 5).spent, credits(6));
    org.settle(one, 0);
}
