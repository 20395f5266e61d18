//! An honest run, doctored in every way that the audit is to find.

use mock_provider::Line;

use super::balances::Samples;
use super::charge::{Ending, Paid};
use super::reconciled::{Reconciled, StoreCheck};
use super::refused::Seen;
use super::{Charge, Check, Kills, Observed, Refused, audit};
use crate::balance::{Balance, GrantBalance, LimitBalance, Standing};
use crate::bodies::Form;
use crate::traffic::{Answered, Ended, Figures, Planned, Shape};

const GRANT: &str = "acc_9";
const LIMIT: &str = "acc_8";

fn credits(text: &str) -> ledger::Credits {
    text.parse().unwrap()
}

fn planned(number: u64, model: &'static str) -> Planned {
    Planned {
        number,
        key: "fifty".into(),
        shape: Shape::Chat(Form::Json),
        model,
        max_tokens: Some(256),
        leaves_after: None,
    }
}

fn answered(number: u64, status: u16, ended: Ended) -> Answered {
    Answered {
        call: planned(number, "mock-flat"),
        status,
        code: None,
        ended,
        micros: 1,
        request_id: Some(format!("req_{number}")),
        figures: None,
    }
}

fn refusal(number: u64) -> Answered {
    let figures = Figures {
        scope: Some("grants".to_owned()),
        period: None,
        limit: "3.5".to_owned(),
        spent: "3".to_owned(),
        held: "0".to_owned(),
        required: "1".to_owned(),
        remaining: "0.5".to_owned(),
    };
    let code = Some("request_exceeds_remaining".to_owned());
    Answered { code, figures: Some(figures), ..answered(number, 402, Ended::Complete) }
}

fn line(number: u64) -> Line {
    Line {
        model: "mock-flat".to_owned(),
        status: 200,
        complete: true,
        request_id: Some(format!("req_{number}")),
        ..Line::default()
    }
}

fn charge(number: u64, ending: Ending, charged: &str) -> Charge {
    let paid = |account: &str, source: &str| Paid {
        account: account.to_owned(),
        source: source.to_owned(),
        amount: credits(charged),
    };
    Charge {
        request: format!("req_{number}"),
        member: "mem_1".to_owned(),
        key: Some("key_1".to_owned()),
        group: None,
        project: None,
        tool: "chatbot".to_owned(),
        ended: i64::try_from(number).unwrap() * 100,
        ending,
        held: credits("1"),
        charged: credits(charged),
        overrun: ledger::Credits::ZERO,
        lines: vec![paid(LIMIT, "limit"), paid(GRANT, "seat")],
    }
}

/// A key with a grant of 3.5 credits, and a limit of 10 a day that it does not reach.
fn balance(spent: &str, remaining: &str, limit_left: &str) -> Balance {
    let standing = |amount: &str, remaining: &str| Standing {
        amount: credits(amount),
        spent: credits(spent),
        held: ledger::Credits::ZERO,
        remaining: credits(remaining),
    };
    Balance {
        key: "key_1".to_owned(),
        member: "mem_1".to_owned(),
        remaining: credits(remaining),
        limits: vec![LimitBalance {
            id: "lim_8".to_owned(),
            scope: "member".to_owned(),
            tool: Some("chatbot".to_owned()),
            period: "day".to_owned(),
            resets_at: Some("tomorrow".to_owned()),
            figures: standing("10", limit_left),
        }],
        grants: vec![GrantBalance { id: "gra_9".to_owned(), figures: standing("3.5", remaining) }],
    }
}

fn seen(spent: &str) -> Seen {
    Seen {
        account: GRANT.to_owned(),
        amount: credits("3.5"),
        spent: credits(spent),
        held: ledger::Credits::ZERO,
    }
}

/// One credit spent before. Then two calls served, one refused, and one cut by a kill and charged
/// by the journal.
fn honest() -> Observed {
    Observed {
        answers: vec![
            answered(1, 200, Ended::Complete),
            answered(2, 200, Ended::Complete),
            refusal(4),
            Answered { request_id: None, ..answered(3, 0, Ended::Cut("reset".to_owned())) },
        ],
        calls_billed: 3,
        bill: vec![line(1), line(2), line(3)],
        charges: vec![
            charge(1, Ending::Settled, "1"),
            charge(2, Ending::Settled, "1"),
            charge(3, Ending::Indeterminate, "0"),
        ],
        before: [("fifty".into(), balance("1", "2.5", "9"))].into(),
        after: [("fifty".into(), balance("3", "0.5", "7"))].into(),
        samples: Samples { taken: 9, broken: Vec::new() },
        refusals: vec![Refused {
            request: "req_4".to_owned(),
            code: "request_exceeds_remaining".to_owned(),
            required: credits("1"),
            at: 400,
            accounts: vec![seen("3")],
        }],
        beside: Reconciled { holds: true, checks: Vec::new(), in_doubt: Vec::new() },
        reconciled: Reconciled { holds: true, checks: Vec::new(), in_doubt: Vec::new() },
        kills: Kills { count: 1, in_flight: 1 },
    }
}

fn broken(plant: impl FnOnce(&mut Observed)) -> Vec<&'static str> {
    let mut run = honest();
    plant(&mut run);
    let checks = audit(&run);
    checks.iter().filter(|check| !check.holds()).map(|check: &Check| check.rule).collect()
}

#[test]
fn an_honest_run_holds() {
    assert_eq!(broken(|_| ()), Vec::<&str>::new());
}

mod answers {
    use super::*;

    #[test]
    fn a_run_in_which_nothing_was_served_proves_nothing() {
        let found = broken(|run| run.answers.truncate(0));
        assert_eq!(found, ["answers that were complete"]);
    }

    #[test]
    fn a_lost_charge_is_found() {
        let found = broken(|run| {
            run.charges.remove(1);
        });
        assert_eq!(
            found,
            [
                "complete answers without exactly one charge",
                "complete answers charged otherwise than the bill",
                "lines of the bill without a charge",
                "grants that spent otherwise than their charges",
                "limits that counted otherwise than their charges",
                "402s that count more spent than was charged",
            ]
        );
    }

    #[test]
    fn a_double_charge_is_found() {
        let found = broken(|run| run.charges.push(charge(2, Ending::Settled, "1")));
        assert!(found.contains(&"complete answers without exactly one charge"), "{found:?}");
        assert!(found.contains(&"requests charged twice"), "{found:?}");
        assert!(found.contains(&"grants that spent otherwise than their charges"), "{found:?}");
    }

    #[test]
    fn a_complete_answer_charged_as_indeterminate_is_found() {
        let found = broken(|run| {
            run.charges[1].ending = Ending::Indeterminate;
            run.kills.in_flight = 2;
        });
        assert_eq!(found, ["complete answers charged as indeterminate"]);
    }

    #[test]
    fn an_estimate_is_no_charge_for_an_answer_that_told_its_usage() {
        let rule = "complete answers estimated though their usage was told";
        assert_eq!(broken(|run| run.charges[1].ending = Ending::Estimated), [rule]);
        let excused = broken(|run| {
            run.answers[1].call = planned(2, "mock-no-usage");
            run.bill[1].model = "mock-no-usage".to_owned();
            run.charges[1].ending = Ending::Estimated;
        });
        assert_eq!(excused, Vec::<&str>::new());
    }

    #[test]
    fn an_answer_that_nothing_explains_is_found() {
        let rule = "answers that nothing explains";
        for status in [401, 403, 404, 500, 502] {
            let found = broken(|run| run.answers[3] = answered(3, status, Ended::Complete));
            assert_eq!(found, [rule], "{status}");
        }
        let unkilled = |run: &mut Observed| {
            run.kills = Kills::default();
            run.charges[2].ending = Ending::Released("client_gone".to_owned());
        };
        assert_eq!(broken(unkilled), [rule], "cut without a kill");
        assert_eq!(broken(|run| run.answers[3].ended = Ended::Left), [rule], "left unplanned");
    }

    #[test]
    fn a_charged_error_is_found() {
        let found = broken(|run| {
            run.answers[3] = answered(3, 503, Ended::Complete);
            run.charges[2] = charge(3, Ending::Indeterminate, "0.5");
            run.after = [("fifty".into(), balance("3.5", "0", "6.5"))].into();
        });
        assert_eq!(found, ["errors that were charged"]);
    }

    #[test]
    fn a_repeated_request_id_is_found() {
        let found = broken(|run| run.answers[3].request_id = Some("req_1".to_owned()));
        assert_eq!(found, ["request ids, each its own"]);
    }
}

mod pairs {
    use super::*;

    #[test]
    fn one_micro_credit_off_the_bill_is_found() {
        let found = broken(|run| run.charges[1] = charge(2, Ending::Settled, "0.999999"));
        assert!(found.contains(&"complete answers charged otherwise than the bill"), "{found:?}");
        assert!(found.contains(&"settled charges at another price than the bill's"), "{found:?}");
    }

    #[test]
    fn a_settled_charge_is_compared_whether_or_not_its_answer_was_seen() {
        let found = broken(|run| {
            run.charges[2] = charge(3, Ending::Settled, "0.25");
            run.after = [("fifty".into(), balance("3.25", "0.25", "6.75"))].into();
        });
        assert_eq!(found, ["settled charges at another price than the bill's"]);
    }

    #[test]
    fn a_bill_with_a_line_missing_is_found() {
        assert_eq!(broken(|run| run.calls_billed = 4), ["lines of the provider's bill: its calls"]);
    }

    #[test]
    fn a_call_made_twice_at_the_provider_is_found() {
        let found = broken(|run| {
            run.bill.push(line(2));
            run.calls_billed = 4;
        });
        assert_eq!(
            found,
            [
                "complete answers charged otherwise than the bill",
                "requests billed twice, or without an id",
                "settled charges at another price than the bill's",
            ]
        );
    }

    #[test]
    fn a_call_that_no_request_pairs_with_is_found() {
        let found = broken(|run| run.bill[2].request_id = None);
        assert_eq!(
            found,
            ["requests billed twice, or without an id", "lines of the bill without a charge"]
        );
    }

    #[test]
    fn a_charge_without_a_sale_is_found() {
        let found = broken(|run| {
            run.bill[2].status = 500;
            run.charges[2] = charge(3, Ending::Indeterminate, "0.5");
            run.after = [("fifty".into(), balance("3.5", "0", "6.5"))].into();
        });
        assert_eq!(found, ["charges for what is on no bill"]);
    }

    #[test]
    fn a_released_hold_that_was_charged_is_found() {
        let found = broken(|run| {
            run.charges[2] = charge(3, Ending::Released("client_gone".to_owned()), "0.5");
            run.after = [("fifty".into(), balance("3.5", "0", "6.5"))].into();
        });
        assert_eq!(found, ["released holds that were charged"]);
    }

    #[test]
    fn a_charge_above_its_hold_is_found() {
        assert_eq!(
            broken(|run| run.charges[1].held = credits("0.9")),
            ["charges above their hold"]
        );
    }

    #[test]
    fn accounts_that_paid_something_else_are_found() {
        let found = broken(|run| run.charges[1].lines[0].amount = credits("0.9"));
        assert_eq!(found, ["charges whose accounts do not add up"]);
    }

    #[test]
    fn more_indeterminate_charges_than_requests_in_flight_are_found() {
        assert_eq!(
            broken(|run| run.kills.in_flight = 0),
            ["indeterminate charges: requests in flight at the kills"]
        );
    }
}

mod balances {
    use super::*;

    #[test]
    fn a_run_whose_balances_nobody_saw_proves_nothing() {
        assert_eq!(broken(|run| run.samples.taken = 0), ["balances sampled under load"]);
    }

    #[test]
    fn a_sample_that_does_not_add_up_is_found() {
        let rule = ["samples with an account below or above its amount"];
        assert_eq!(broken(|run| run.samples.broken.push("plain".to_owned())), rule);
        let overspent = balance("4", "0", "6");
        assert_eq!(broken(|run| run.samples.add("fifty", &overspent)), rule);
    }

    #[test]
    fn a_leaked_hold_is_found() {
        let found = broken(|run| {
            let balance = run.after.get_mut("fifty").unwrap();
            let figures = &mut balance.grants[0].figures;
            (figures.held, figures.remaining) = (credits("0.2"), credits("0.3"));
        });
        assert_eq!(found, ["accounts that still hold credits at rest"]);
    }

    #[test]
    fn credits_that_are_gone_are_found() {
        let found = broken(|run| {
            run.after.get_mut("fifty").unwrap().grants[0].figures.remaining = credits("0.4");
        });
        assert_eq!(found, ["accounts at rest that do not add up"]);
    }

    #[test]
    fn an_account_that_spent_otherwise_than_its_charges_is_found() {
        let grant = broken(|run| {
            let figures = &mut run.after.get_mut("fifty").unwrap().grants[0].figures;
            (figures.spent, figures.remaining) = (credits("2.9"), credits("0.6"));
        });
        assert_eq!(grant, ["grants that spent otherwise than their charges"]);
        let limit = broken(|run| {
            let figures = &mut run.after.get_mut("fifty").unwrap().limits[0].figures;
            (figures.spent, figures.remaining) = (credits("2.9"), credits("7.1"));
        });
        assert_eq!(limit, ["limits that counted otherwise than their charges"]);
        let gone = broken(|run| run.after.get_mut("fifty").unwrap().grants.truncate(0));
        assert_eq!(gone, ["grants that spent otherwise than their charges"]);
    }

    #[test]
    fn a_limit_whose_period_is_another_is_not_compared() {
        let found = broken(|run| {
            let limit = &mut run.after.get_mut("fifty").unwrap().limits[0];
            limit.resets_at = Some("the day after".to_owned());
            (limit.figures.spent, limit.figures.remaining) = (credits("0"), credits("10"));
        });
        assert_eq!(found, Vec::<&str>::new());
    }
}

mod refusals {
    use super::*;

    /// Changes what is told and what is logged alike.
    fn both(spent: &'static str, remaining: &'static str) -> Vec<&'static str> {
        broken(|run| {
            let figures = run.answers[2].figures.as_mut().unwrap();
            (figures.spent, figures.remaining) = (spent.to_owned(), remaining.to_owned());
            run.refusals[0].accounts = vec![seen(spent)];
        })
    }

    #[test]
    fn a_402_that_would_have_fitted_is_found() {
        let found = both("2.5", "1");
        assert_eq!(found, ["402s told otherwise than logged", "402s that would have fitted"]);
        assert_eq!(both("2.6", "0.9"), Vec::<&str>::new(), "what is spent may be known late");
    }

    #[test]
    fn a_402_that_counts_what_is_held_as_spent_is_found() {
        assert_eq!(both("3.1", "0.4"), ["402s that count more spent than was charged"]);
    }

    #[test]
    fn a_charge_that_ended_later_does_not_excuse_a_402() {
        assert_eq!(
            broken(|run| run.refusals[0].at = 199),
            ["402s that count more spent than was charged"]
        );
    }

    #[test]
    fn a_402_that_is_not_logged_is_found() {
        assert_eq!(broken(|run| run.refusals.truncate(0)), ["402s that the gateway did not log"]);
    }

    #[test]
    fn a_402_told_otherwise_than_logged_is_found() {
        let rule = ["402s told otherwise than logged"];
        let told = |change: fn(&mut Answered)| broken(|run| change(&mut run.answers[2]));
        assert_eq!(told(|answer| answer.figures = None), rule);
        assert_eq!(told(|answer| answer.code = Some("limit_reached".to_owned())), rule);
        assert_eq!(told(|it| it.figures.as_mut().unwrap().held = "0.1".to_owned()), rule);
        assert_eq!(told(|it| it.figures.as_mut().unwrap().limit = "3.4".to_owned()), rule);
        assert_eq!(told(|it| it.figures.as_mut().unwrap().spent = "2.9".to_owned()), rule);
        assert_eq!(told(|it| it.figures.as_mut().unwrap().required = "0.9".to_owned()), rule);
        assert_eq!(told(|it| it.figures.as_mut().unwrap().remaining = "none".to_owned()), rule);
    }

    #[test]
    fn a_402_that_needs_more_than_the_call_can_cost_is_found() {
        let found = broken(|run| {
            run.answers[2].figures.as_mut().unwrap().required = "1.000001".to_owned();
            run.refusals[0].required = credits("1.000001");
        });
        assert_eq!(found, ["402s that need more than their call can cost"]);
    }

    #[test]
    fn a_402_that_leaves_a_grant_out_is_found() {
        let found = broken(|run| {
            let balance = run.before.get_mut("fifty").unwrap();
            let other = GrantBalance { id: "gra_7".to_owned(), ..balance.grants[0].clone() };
            balance.grants.push(other.clone());
            run.after.get_mut("fifty").unwrap().grants.push(other);
        });
        assert_eq!(found, ["402s that leave a grant out, or make an account smaller"]);
    }

    #[test]
    fn a_402_that_makes_its_grant_smaller_is_found() {
        let found = broken(|run| {
            run.answers[2].figures.as_mut().unwrap().limit = "3.2".to_owned();
            run.answers[2].figures.as_mut().unwrap().remaining = "0.2".to_owned();
            run.refusals[0].accounts[0].amount = credits("3.2");
        });
        assert_eq!(found, ["402s that leave a grant out, or make an account smaller"]);
    }

    /// The same for the limit, which had one of its ten credits spent before.
    fn of_limit(
        amount: &'static str,
        spent: &'static str,
        left: &'static str,
    ) -> Vec<&'static str> {
        broken(|run| {
            let figures = run.answers[2].figures.as_mut().unwrap();
            (figures.scope, figures.period) = (Some("member".to_owned()), Some("day".to_owned()));
            (figures.limit, figures.spent) = (amount.to_owned(), spent.to_owned());
            figures.remaining = left.to_owned();
            let account = LIMIT.to_owned();
            let amount = credits(amount);
            run.refusals[0].accounts = vec![Seen { account, amount, ..seen(spent) }];
        })
    }

    #[test]
    fn a_402_of_a_limit_is_held_to_the_limit() {
        assert_eq!(of_limit("10", "9.5", "0.5"), ["402s that count more spent than was charged"]);
        assert_eq!(
            of_limit("3.5", "3", "0.5"),
            ["402s that leave a grant out, or make an account smaller"]
        );
        assert_eq!(
            of_limit("10", "3", "7"),
            ["402s told otherwise than logged", "402s that would have fitted"]
        );
    }
}

#[test]
fn what_the_store_finds_of_itself_is_a_difference() {
    let check = StoreCheck {
        name: "trial balance".to_owned(),
        holds: false,
        differences: vec!["off by 1".into()],
    };
    let found = broken(|run| {
        run.reconciled.holds = false;
        run.reconciled.checks.push(check);
    });
    assert_eq!(found, ["reconcile: checks of the store that fail"]);
    assert_eq!(
        broken(|run| run.reconciled.holds = false),
        ["reconcile: checks of the store that fail"]
    );
    assert_eq!(
        broken(|run| run.reconciled.in_doubt.push("acc_1".into())),
        ["reconcile: leases in doubt"]
    );
    assert_eq!(
        broken(|run| run.beside.holds = false),
        ["reconcile beside the gateway: checks that fail"]
    );
    assert_eq!(
        broken(|run| run.beside.in_doubt.push("acc_1".into())),
        ["reconcile beside the gateway: leases in doubt"]
    );
}
