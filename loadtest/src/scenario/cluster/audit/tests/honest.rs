//! The honest run, told call by call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ledger::Credits;
use mock_provider::Line;

use super::{Answered, Ended, Faults, Run};
use crate::audit::{
    Charge, Ending, Kills, Observed, Paid, Reconciled, Refused, Samples, Seen, StoreCheck,
};
use crate::balance::{Balance, GrantBalance, LimitBalance, Standing};
use crate::bodies::Form;
use crate::installation::{Applied, StoredGrant};
use crate::scenario::cluster::budgets::{ADDED, Budget, HOT, LOWERED, TRIMMED};
use crate::scenario::cluster::director::{Happened, LimitChange};
use crate::scenario::cluster::statements::Statements;
use crate::traffic::{Figures, Planned, Shape};

/// The account of the key's grant, and of its limit.
const GRANT: &str = "acc_1";
const LIMIT: &str = "acc_2";

/// A run as it is told: each call is sent, and ends, at a hundred times its number.
#[derive(Default)]
pub(super) struct Story {
    calls: i64,
    pub(super) answers: Vec<Vec<Answered>>,
    pub(super) bill: Vec<Line>,
    pub(super) charges: Vec<Charge>,
    pub(super) refusals: Vec<Refused>,
    before: BTreeMap<Arc<str>, Balance>,
}

pub(super) fn credits(calls: u64) -> Credits {
    Credits::from_micros(calls * 1_000_000).unwrap()
}

/// Three calls of hot credits, one of a small budget, and three limits changed after the tenth call.
pub(super) fn honest() -> Story {
    let mut story = Story { answers: vec![Vec::new(); 2], ..Story::default() };
    story.keys();
    for gateway in [0, 0, 1] {
        story.serve(gateway, HOT, false);
    }
    story.serve(0, "seat", false);
    story.refuse(0, "seat", GRANT, 1, 1);
    story.serve(1, ADDED, false);
    story.serve(1, LOWERED, true);
    story.serve(0, LOWERED, true);
    story.serve(0, TRIMMED, true);
    story.refuse(0, HOT, GRANT, 3, 3);
    // From here on the changed limits are in force.
    story.serve(0, ADDED, true);
    story.refuse(1, ADDED, LIMIT, 1, 1);
    story.refuse(1, LOWERED, LIMIT, 1, 2);
    story.refuse(1, TRIMMED, LIMIT, 1, 1);
    story.refuse(1, HOT, GRANT, 3, 3);
    story
}

impl Story {
    fn keys(&mut self) {
        for (name, grant, limit) in [
            (HOT, 3, None),
            ("seat", 1, None),
            (ADDED, 100, Some(1)),
            (LOWERED, 100, Some(1)),
            (TRIMMED, 100, Some(1)),
        ] {
            self.before.insert(name.into(), balance(name, grant, limit));
        }
    }

    /// A call that is served and charged, by a limit as well if there is one.
    pub(super) fn serve(&mut self, gateway: usize, key: &str, limited: bool) {
        let answer = self.answer(key, 200);
        let request = answer.request_id.clone().unwrap();
        self.bill.push(Line {
            model: "mock-flat".to_owned(),
            status: 200,
            complete: true,
            request_id: Some(request.clone()),
            ..Line::default()
        });
        let paid = |account: &str, source: &str| Paid {
            account: format!("{account}{key}"),
            source: source.to_owned(),
            amount: credits(1),
        };
        let limit = limited.then(|| paid(LIMIT, "limit"));
        self.charges.push(Charge {
            request,
            member: format!("mem_{key}"),
            key: Some(format!("key_{key}")),
            group: None,
            project: None,
            tool: "chatbot".to_owned(),
            admitted: answer.sent,
            ended: answer.sent,
            ending: Ending::Settled,
            held: credits(1),
            charged: credits(1),
            overrun: Credits::ZERO,
            lines: limit.into_iter().chain([paid(GRANT, "top_up")]).collect(),
        });
        self.answers[gateway].push(answer);
    }

    /// A call that is refused, since so much of the account is spent.
    pub(super) fn refuse(&mut self, gateway: usize, key: &str, of: &str, amount: u64, spent: u64) {
        let limited = of == LIMIT;
        let code = if limited { "limit_reached" } else { "credits_exhausted" };
        let figures = Figures {
            scope: Some(if limited { "member" } else { "grants" }.to_owned()),
            period: limited.then(|| "total".to_owned()),
            limit: amount.to_string(),
            spent: spent.to_string(),
            held: "0".to_owned(),
            required: "1".to_owned(),
            remaining: amount.saturating_sub(spent).to_string(),
        };
        let answer = self.answer(key, 402);
        let answer = Answered { code: Some(code.to_owned()), figures: Some(figures), ..answer };
        self.refusals.push(Refused {
            request: answer.request_id.clone().unwrap(),
            code: code.to_owned(),
            required: credits(1),
            at: answer.sent,
            accounts: vec![Seen {
                account: format!("{of}{key}"),
                amount: credits(amount),
                spent: credits(spent),
                held: Credits::ZERO,
            }],
        });
        self.answers[gateway].push(answer);
    }

    /// The next call, with this status.
    pub(super) fn answer(&mut self, key: &str, status: u16) -> Answered {
        self.calls += 1;
        Answered {
            call: Planned {
                number: 0,
                key: key.into(),
                shape: Shape::Chat(Form::Json),
                model: "mock-flat",
                max_tokens: Some(256),
                leaves_after: None,
            },
            status,
            code: None,
            ended: Ended::Complete,
            sent: self.calls * 100,
            micros: 1,
            request_id: Some(format!("req_{}", self.calls)),
            figures: None,
        }
    }

    pub(super) fn run(self) -> Run {
        let records = Observed {
            answers: self.answers.concat(),
            calls_billed: self.bill.len() as u64,
            bill: self.bill,
            charges: self.charges,
            before: self.before,
            after: BTreeMap::new(),
            samples: Samples::default(),
            refusals: self.refusals,
            beside: reconciled(),
            reconciled: reconciled(),
            kills: Kills::default(),
            store_away: false,
        };
        let keys = [HOT, "seat", ADDED, LOWERED, TRIMMED];
        Run {
            records,
            answers: self.answers,
            budgets: vec![budget(HOT, 3), budget("seat", 1)],
            keys: keys.map(|name| (name.to_owned(), format!("key_{name}"))).into(),
            faults: Faults::None,
            max_offline: Duration::from_micros(200),
            happened: Happened {
                changes: vec![change(ADDED), change(LOWERED), change(TRIMMED)],
                refused_at_the_end: 2,
                ..Happened::default()
            },
            hot_grant: StoredGrant {
                id: "gra_1".to_owned(),
                amount: credits(3),
                spent: credits(3),
                leased: Credits::ZERO,
            },
            statements: Some(Statements {
                gateways: 2,
                length: Duration::from_secs(10),
                requests: 1_000,
                calls: [("sync".to_owned(), 80), ("heartbeat".to_owned(), 10)].into(),
                commits: 90,
            }),
        }
    }
}

fn budget(name: &'static str, calls: u64) -> Budget {
    Budget { name, of: "a grant", calls, keys: vec![name] }
}

fn change(name: &'static str) -> LimitChange {
    let applied = Applied { nodes: 2, of: 2, missing: Vec::new() };
    LimitChange { name, calls: 1, in_force: 1_050, applied }
}

fn reconciled() -> Reconciled {
    let leased = StoreCheck {
        name: "leased".to_owned(),
        holds: true,
        found: "0".to_owned(),
        differences: Vec::new(),
    };
    let (in_doubt, indeterminate) = (Vec::new(), Vec::new());
    Reconciled { holds: true, checks: vec![leased], in_doubt, indeterminate }
}

fn balance(name: &str, grant: u64, limit: Option<u64>) -> Balance {
    let figures = |amount| Standing {
        amount: credits(amount),
        spent: Credits::ZERO,
        held: Credits::ZERO,
        remaining: credits(amount),
    };
    let limit = limit.map(|amount| LimitBalance {
        id: format!("lim_{name}"),
        scope: "member".to_owned(),
        tool: None,
        period: "total".to_owned(),
        resets_at: None,
        figures: figures(amount),
    });
    let grant = GrantBalance { id: format!("gra_1{name}"), figures: figures(grant) };
    Balance {
        key: format!("key_{name}"),
        member: format!("mem_{name}"),
        remaining: grant.figures.amount,
        grants: vec![grant],
        limits: limit.into_iter().collect(),
    }
}
