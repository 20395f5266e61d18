//! Accounts that other gateways spend from too: who waits for the store, and what its word does.

use ledger::{
    AccountId, Admission, Answer, Change, Credits, Decided, Figures, GrantKind, Refusal, Scope,
    ShortOf, ShortOn, Ticket, Verdict,
};

use crate::org::{Org, ada, ben, burnt, credits, elastic, grant, held, limit};

fn leased(account: AccountId, amount: u64) -> Change {
    Change::Leased(vec![(account, credits(amount))])
}

fn figures(account: AccountId, spent: u64, drained: bool) -> Figures {
    Figures { account, spent: credits(spent), refunded: Credits::ZERO, drained }
}

fn answer(org: &mut Org, ticket: Ticket, verdict: Verdict, known: Vec<Figures>) -> Decided {
    let verdicts = vec![(ticket, verdict)];
    org.book.take_answer(Answer { verdicts, figures: known, ..Answer::default() }, org.now)
}

fn short(account: AccountId, lasting: bool) -> Verdict {
    Verdict::Short { on: ShortOf::Limit(account), lasting }
}

/// An organisation that shares a limit of 100 and a grant of 1,000 and has 60 of the limit left, by
/// the store's last word.
fn with_limit() -> (Org, AccountId, AccountId) {
    let (mut org, pool) = Org::sharing(1_000);
    let account = org.unleased_limit(limit(1, Scope::Org, 100));
    org.apply(Change::Figures(figures(account, 40, false)));
    (org, account, pool)
}

#[test]
fn what_is_leased_is_spent_without_asking() {
    let (mut org, pool) = Org::sharing(1_000);
    org.apply(leased(pool, 100));
    let hold = org.hold(&ada(), 70);
    assert_eq!(hold.remaining(), credits(930), "others may have the rest leased, and it is there");
    assert_eq!(org.figures(pool), (30, 70, 0));
    org.settle(hold, 60);
    let path = org.book.path(&ada());
    assert_eq!(org.book.remaining(path, org.now), credits(940));
}

#[test]
fn what_is_not_leased_is_asked_for_and_waited_for() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(account, 25));
    org.apply(leased(pool, 8));
    let ticket = org.wait(&ada(), 10);
    let [ask] = <[_; 1]>::try_from(org.book.asks(16)).unwrap();
    assert_eq!((ask.ticket, ask.least, ask.most), (ticket, credits(10), credits(10)));
    assert_eq!(ask.limits, [(account, Credits::ZERO)]);
    assert_eq!(ask.grants, [(pool, Credits::ZERO)]);
    assert_eq!(org.returned(), [(account, 10), (pool, 8)], "what is free towards it goes along");
    let answered = Answer {
        leased: vec![(account, credits(10)), (pool, credits(10))],
        figures: vec![figures(account, 40, false), figures(pool, 0, false)],
        recalled: Vec::new(),
        verdicts: vec![(ticket, Verdict::Leased)],
    };
    let (decided, hold) = held(org.book.take_answer(answered, org.now));
    assert_eq!((decided, hold.amount()), (ticket, credits(10)));
    assert_eq!(org.figures(account), (15, 10, 0));
    org.settle(hold, 10);
}

#[test]
fn a_request_takes_less_than_its_quote_only_once_the_store_has_answered() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(pool, 100));
    org.apply(leased(account, 30));
    let Admission::Waiting(ticket) = org.ask(&ada(), elastic(20, 50)) else { panic!("30 of 50") };
    let decided = answer(&mut org, ticket, Verdict::Held, Vec::new());
    let (_, hold) = held(decided);
    assert_eq!(hold.amount(), credits(30));
    org.settle(hold, 0);
}

#[test]
fn while_the_store_is_away_less_than_the_quote_will_do() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(pool, 100));
    org.apply(leased(account, 30));
    let Admission::Waiting(ticket) = org.ask(&ada(), elastic(20, 50)) else { panic!("30 of 50") };
    let Admission::Waiting(_) = org.ask(&ben(), elastic(20, 30)) else { panic!("she was first") };
    let (decided, hold) = held(org.book.unanswered(org.now));
    assert_eq!((decided, hold.amount()), (ticket, credits(30)));
    let (_, second) = held(org.end(hold, 5));
    assert_eq!(second.amount(), credits(25));
    org.settle(second, 0);
}

#[test]
fn only_the_store_says_that_too_little_is_left() {
    let (mut org, account, _) = with_limit();
    let ticket = org.wait(&ada(), 61);
    let known = vec![figures(account, 40, false)];
    match answer(&mut org, ticket, short(account, false), known).as_slice() {
        [(decided, Err(Refusal::Short(short)))] => {
            assert_eq!((*decided, short.left, short.required), (ticket, credits(60), credits(61)));
            assert!(matches!(short.on, ShortOn::Limit(_)));
        }
        other => panic!("{other:?}"),
    }
    org.wait(&ada(), 61);
}

#[test]
fn a_no_of_the_store_that_this_gateway_cannot_see_yet_is_asked_again() {
    let (mut org, account, _) = with_limit();
    let ticket = org.wait(&ada(), 60);
    // Lowered, says the store; the feed has not said so.
    assert_eq!(answer(&mut org, ticket, short(account, false), Vec::new()), Vec::new());
    assert_eq!(org.book.asks(16).len(), 1);
    org.apply(Change::Limit(limit(1, Scope::Org, 50)));
    let decided = answer(&mut org, ticket, short(account, false), Vec::new());
    assert!(matches!(decided.as_slice(), [(_, Err(Refusal::Short(_)))]), "{decided:?}");
}

/// The store has said for good that less than 61 is left of the limit.
fn remembered() -> (Org, AccountId) {
    let (mut org, account, _) = with_limit();
    let ticket = org.wait(&ada(), 61);
    let decided = answer(&mut org, ticket, short(account, true), Vec::new());
    assert!(matches!(decided.as_slice(), [(_, Err(Refusal::Short(_)))]), "{decided:?}");
    (org, account)
}

#[test]
fn a_no_is_remembered_where_nobody_has_anything() {
    let (mut org, _) = remembered();
    assert_eq!(org.short(&ben(), 61).left, credits(60));
    org.wait(&ben(), 60);
}

#[test]
fn a_remembered_no_is_forgotten_when_there_may_be_more() {
    let changes: [fn(AccountId) -> Change; 3] = [
        |_| Change::Limit(limit(1, Scope::Org, 101)),
        |account| Change::Refunded { account, total: credits(1) },
        |account| leased(account, 1),
    ];
    for change in changes {
        let (mut org, account) = remembered();
        org.apply(change(account));
        org.wait(&ada(), 99);
    }
}

#[test]
fn a_no_about_the_grants_is_remembered_of_those_that_were_asked_for() {
    let (mut org, pool) = Org::sharing(10);
    let ticket = org.wait(&ada(), 11);
    assert_eq!(org.book.asks(16).len(), 1);
    // Comes while the store is asked.
    let promo = org.unleased(grant(7, GrantKind::Promo, 5));
    let nothing_left = Verdict::Short { on: ShortOf::Grants, lasting: true };
    assert_eq!(answer(&mut org, ticket, nothing_left, Vec::new()), Vec::new(), "15 are left");
    let second = org.wait(&ben(), 16);
    assert_eq!(org.book.asks(16).len(), 2);
    let decided = answer(&mut org, second, nothing_left, vec![figures(promo, 0, true)]);
    assert!(matches!(decided.as_slice(), [(_, Err(Refusal::Short(_)))]), "{decided:?}");
    assert_eq!(org.short(&ben(), 16).left, credits(15));
    assert_eq!(org.account(pool).spent(), Credits::ZERO);
}

#[test]
fn credits_on_silent_gateways_are_in_doubt_unless_there_are_enough_here() {
    let (mut org, account, pool) = with_limit();
    let ticket = org.wait(&ada(), 10);
    match answer(&mut org, ticket, Verdict::InDoubt, Vec::new()).as_slice() {
        [(decided, Err(Refusal::CreditsInDoubt(short)))] => {
            assert_eq!((*decided, short.left), (ticket, credits(60)));
        }
        other => panic!("{other:?}"),
    }
    org.apply(leased(pool, 100));
    let ticket = org.wait(&ada(), 10);
    let there = Answer {
        leased: vec![(account, credits(10))],
        verdicts: vec![(ticket, Verdict::InDoubt)],
        ..Answer::default()
    };
    let (_, hold) = held(org.book.take_answer(there, org.now));
    org.settle(hold, 0);
}

#[test]
fn figures_never_lower_what_is_known_to_be_charged() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(30))]));
    let hold = org.hold(&ada(), 30);
    org.settle(hold, 30);
    // Of a request that was under way when the hold ended.
    org.apply(Change::Figures(figures(account, 45, false)));
    assert_eq!(org.account(account).spent(), credits(70));
    org.apply(Change::Figures(figures(account, 75, false)));
    assert_eq!(org.account(account).spent(), credits(75));
    let adjusted = Figures { refunded: credits(20), ..figures(account, 55, false) };
    org.apply(Change::Figures(adjusted));
    org.apply(Change::Refunded { account, total: credits(20) });
    assert_eq!(org.account(account).spent(), credits(55), "told twice, given back once");
}

#[test]
fn a_later_grant_burns_only_once_the_store_has_nothing_of_the_earlier() {
    let (mut org, top_up) = Org::sharing(100);
    let seat = org.unleased(grant(1, GrantKind::Seat, 50));
    org.apply(Change::Leased(vec![(seat, credits(5)), (top_up, credits(50))]));
    let first = org.hold(&ada(), 5);
    let ticket = org.wait(&ada(), 10);
    org.apply(Change::Figures(figures(seat, 0, false)));
    let (decided, hold) = held(org.change(Change::Figures(figures(seat, 0, true))));
    assert_eq!((decided, burnt(&hold)), (ticket, vec![(top_up, 10)]));
    org.settle(first, 0);
    // What comes free of the seat burns first, and with it what is behind it.
    let both = org.hold(&ada(), 8);
    assert_eq!(burnt(&both), [(seat, 5), (top_up, 3)]);
    org.settle(both, 0);
    // What goes back is there again.
    org.book.give_back(seat, Credits::MAX);
    org.wait(&ada(), 8);
    org.settle(hold, 0);
}

#[test]
fn a_lower_limit_takes_all_of_the_lease_since_others_may_have_the_rest() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(50)), (pool, credits(50))]));
    let hold = org.hold(&ada(), 30);
    org.apply(Change::Limit(limit(1, Scope::Org, 95)));
    assert_eq!(org.returned(), [(account, 20)]);
    assert_eq!(org.figures(account), (0, 30, 30));
    org.settle(hold, 10);
    assert_eq!(org.returned(), [(account, 20)], "the rest of what ran goes back as well");
    assert_eq!(org.figures(account), (0, 0, 0));
}

#[test]
fn what_is_leased_after_a_lowering_is_within_it_and_what_was_leased_before_goes_back() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(50))]));
    let hold = org.hold(&ada(), 30);
    assert_eq!(org.returned(), []);
    org.apply(Change::Limit(limit(1, Scope::Org, 95)));
    org.apply(leased(account, 5));
    assert_eq!(org.returned(), [(account, 5)], "of a request that was under way");
    org.apply(leased(account, 7));
    assert_eq!(org.figures(account), (7, 30, 0));
    org.settle(hold, 10);
    assert_eq!(org.figures(account), (27, 0, 0));
}

#[test]
fn a_path_that_runs_low_is_told_once_a_lease() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(500))]));
    org.apply(Change::LowMark { account, low: credits(15) });
    let first = org.hold(&ada(), 15);
    assert!(!org.book.is_low());
    let holds = [org.hold(&ada(), 1), org.hold(&ada(), 1)];
    assert!(org.book.is_low());
    let [low] = <[_; 1]>::try_from(org.book.running_low()).unwrap();
    assert_eq!((low.limits, low.grants), (vec![account], vec![pool]));
    let again = org.hold(&ada(), 1);
    assert!(!org.book.is_low());
    org.apply(leased(account, 1));
    let still = org.hold(&ada(), 1);
    assert!(org.book.is_low());
    for hold in [first, again, still].into_iter().chain(holds) {
        org.settle(hold, 0);
    }
}
