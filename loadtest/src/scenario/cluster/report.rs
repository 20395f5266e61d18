//! What a run prints: tables for a person and a document, or one object for a program.

use std::fmt;

use serde::Serialize;

use super::audit::Run;
use super::plan::Plan;
use crate::audit::{Check, Report};
use crate::cli::Faults;
use crate::table::{Table, figure};
use crate::traffic::{Answered, Ended};

/// All that a run has to say.
#[derive(Serialize)]
pub(super) struct Story<'a> {
    gateways: u32,
    faults: &'static str,
    seed: u64,
    rate: u32,
    hot_calls: u64,
    answers: Vec<Kinds>,
    phases: Vec<Kinds>,
    budgets: Vec<BudgetRow>,
    statements: Vec<StatementRow>,
    checks: &'a [Check],
}

/// Answers by their kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Kinds {
    of: String,
    served: u64,
    refused: u64,
    held: u64,
    unavailable: u64,
    in_doubt: u64,
    broken: u64,
    other: u64,
}

#[derive(Serialize)]
struct BudgetRow {
    name: &'static str,
    of: &'static str,
    calls: u64,
    charged: u64,
    served: u64,
    broken_off: u64,
    refused: u64,
}

#[derive(Serialize)]
struct StatementRow {
    what: String,
    count: u64,
    requests: u64,
}

impl<'a> Story<'a> {
    pub(super) fn of(run: &Run, plan: &Plan, seed: u64, checks: &'a [Check]) -> Self {
        let gateways = run.answers.iter().enumerate();
        let answers = gateways
            .map(|(index, answers)| Kinds::of(format!("gateway {}", index + 1), answers.iter()));
        let budgets = run.budgets.iter().map(|budget| {
            let spent = run.spent(budget);
            BudgetRow {
                name: budget.name,
                of: budget.of,
                calls: budget.calls,
                charged: spent.charged,
                served: spent.served,
                broken_off: spent.indeterminate + spent.estimated + spent.cut,
                refused: spent.refused,
            }
        });
        Self {
            gateways: plan.gateways,
            faults: plan.faults.name(),
            seed,
            rate: plan.rate,
            hot_calls: plan.hot_calls,
            answers: answers.collect(),
            phases: phases(run),
            budgets: budgets.collect(),
            statements: statements(run),
            checks,
        }
    }
}

impl Kinds {
    pub(super) fn of<'a>(of: String, answers: impl Iterator<Item = &'a Answered>) -> Self {
        let mut kinds = Self { of, ..Self::default() };
        for answer in answers {
            *kinds.kind(answer) += 1;
        }
        kinds
    }

    fn kind(&mut self, answer: &Answered) -> &mut u64 {
        let code = answer.code.as_deref().unwrap_or_default();
        match (&answer.ended, answer.status, code) {
            (Ended::Cut(_) | Ended::Left | Ended::Unconnected(_), ..) => &mut self.broken,
            (Ended::Complete, 200, _) => &mut self.served,
            (Ended::Complete, 402, _) => &mut self.refused,
            (Ended::Complete, 429, "credits_held") => &mut self.held,
            (Ended::Complete, 503, "ledger_unavailable") => &mut self.unavailable,
            (Ended::Complete, 503, "credits_in_doubt") => &mut self.in_doubt,
            (Ended::Complete, ..) => &mut self.other,
        }
    }

    fn cells(&self) -> [String; 8] {
        let Self { of, served, refused, held, unavailable, in_doubt, broken, other } = self;
        let counts = [served, refused, held, unavailable, in_doubt, broken, other];
        let [a, b, c, d, e, f, g] = counts.map(u64::to_string);
        [of.clone(), a, b, c, d, e, f, g]
    }
}

/// The answers before, while and after something was done to the run, by when they were sent.
fn phases(run: &Run) -> Vec<Kinds> {
    let mut marks: Vec<(String, i64)> = vec![("before".to_owned(), i64::MIN)];
    match (run.faults, run.happened.killed, run.happened.away) {
        (Faults::Kill, Some(killed), _) => {
            marks.push(("one gateway gone".to_owned(), killed.at));
            marks.push(("back".to_owned(), killed.back));
        }
        (_, _, Some(away)) => {
            let bound = i64::try_from(run.max_offline.as_micros()).unwrap_or(i64::MAX);
            let dark = away.gone.saturating_add(bound);
            marks.push(("database gone".to_owned(), away.from));
            if dark < away.until {
                marks.push(("beyond max_offline".to_owned(), dark));
            }
            marks.push(("database back".to_owned(), away.until));
        }
        _ => return Vec::new(),
    }
    let ends = marks.iter().skip(1).map(|(_, at)| *at).chain([i64::MAX]);
    let phase = |((name, from), until): (&(String, i64), i64)| {
        let sent = |answer: &&Answered| (*from..until).contains(&answer.sent);
        Kinds::of(name.clone(), run.records.answers.iter().filter(sent))
    };
    marks.iter().zip(ends).map(phase).collect()
}

fn statements(run: &Run) -> Vec<StatementRow> {
    let Some(counted) = &run.statements else { return Vec::new() };
    let requests = counted.requests;
    let row = |what: String, count| StatementRow { what, count, requests };
    let calls = counted.calls.iter().map(|(name, count)| row(format!("store: {name}"), *count));
    calls.chain([row("database: transactions committed".to_owned(), counted.commits)]).collect()
}

impl fmt::Display for Story<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateways, faults, seed, rate, hot_calls, .. } = self;
        writeln!(
            out,
            "{gateways} gateways, {rate} calls/s, a hot budget of {hot_calls} calls, faults: {faults}, \
             seed {seed}\n"
        )?;
        writeln!(out, "{}", kinds("answers", &self.answers))?;
        if !self.phases.is_empty() {
            writeln!(out, "{}", kinds("calls sent", &self.phases))?;
        }
        let mut table =
            Table::new(["budget", "of", "#calls", "#charged", "#200", "#broke off", "#402"]);
        for row in &self.budgets {
            let counts = [row.calls, row.charged, row.served, row.broken_off, row.refused];
            let [calls, charged, served, broken_off, refused] = counts.map(|it| it.to_string());
            let (name, of) = (row.name.to_owned(), row.of.to_owned());
            table.row([name, of, calls, charged, served, broken_off, refused]);
        }
        writeln!(out, "{table}")?;
        if !self.statements.is_empty() {
            let mut table =
                Table::new(["in a warm run", "#count", "#requests", "#for each request"]);
            for StatementRow { what, count, requests } in &self.statements {
                let each = per(*count, *requests);
                table.row([what.clone(), count.to_string(), requests.to_string(), each]);
            }
            writeln!(out, "{table}")?;
        }
        write!(out, "{}", Report(self.checks))
    }
}

/// A ratio of counts, to four places.
fn per(count: u64, of: u64) -> String {
    let parts = |count: u64| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    figure(parts(count) / parts(of.max(1)), 4)
}

fn kinds(what: &'static str, rows: &[Kinds]) -> Table {
    let mut table = Table::new([
        what,
        "#200",
        "#402",
        "#429 held",
        "#503 unavailable",
        "#503 in doubt",
        "#broken off",
        "#other",
    ]);
    rows.iter().for_each(|row| table.row(row.cells()));
    table
}
