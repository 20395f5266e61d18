//! An honest run, doctored in every way that the audit is to find.

mod answers;
mod balances;
mod pairs;
mod refusals;

use mock_provider::Line;

use crate::audit::balances::Samples;
use crate::audit::charge::{Ending, Paid};
use crate::audit::reconciled::{Listed, Reconciled, StoreCheck};
use crate::audit::refused::Seen;
use crate::audit::{Charge, Check, Kills, Observed, Refused, audit};
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
        sent: 0,
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
        admitted: 0,
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

fn reconciled() -> Reconciled {
    let indeterminate = vec![Listed { request: "req_3".to_owned() }];
    Reconciled { holds: true, checks: Vec::new(), in_doubt: Vec::new(), indeterminate }
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
        beside: reconciled(),
        reconciled: reconciled(),
        kills: Kills { count: 1, in_flight: 1 },
        store_away: false,
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

#[test]
fn what_the_store_finds_of_itself_is_a_difference() {
    let check = StoreCheck {
        name: "trial balance".to_owned(),
        holds: false,
        found: String::new(),
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
        broken(|run| run.reconciled.indeterminate.clear()),
        ["reconcile: indeterminate charges not listed"]
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
