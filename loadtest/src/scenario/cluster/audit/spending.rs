//! The budgets: spent to the last credit, never past it, and nothing of them left with a gateway.

use super::{Budget, FLAT, Run};
use crate::audit::Check;
use crate::cli::Faults;

pub(super) fn checks(run: &Run) -> Vec<Check> {
    let mut checks = run.hot().map(|hot| of_the_hot(run, hot)).unwrap_or_default();
    let small = || run.budgets.iter().skip(1);
    let ran_out = |budget: &&Budget| run.spent(budget).refused > 0;
    checks.extend([
        Check::none("budgets spent past their amount", over(run)),
        Check::at_least("small budgets that ran out", 1, small().filter(ran_out).count() as u64),
        Check::none("budgets that ran out and were not spent to the end", stranded(run)),
        Check::none("budgets charged with anything but whole calls", odd(run)),
        Check::same(
            "credits leased once every gateway has stopped",
            "0",
            run.records.reconciled.found("leased").unwrap_or("not told"),
        ),
    ]);
    checks
}

fn of_the_hot(run: &Run, hot: &Budget) -> Vec<Check> {
    let spent = run.spent(hot);
    let with_flagged = spent.served + spent.indeterminate + spent.estimated + spent.cut;
    let (rule, found) = if run.faults == Faults::None {
        ("hot budget: answers 200", spent.served)
    } else {
        ("hot budget: answers 200, and charges of calls that broke off", with_flagged)
    };
    let credits = ledger::Credits::from_micros(hot.calls.saturating_mul(FLAT));
    let credits = credits.unwrap_or(ledger::Credits::MAX);
    vec![
        Check::same("hot budget: calls charged", hot.calls, spent.charged),
        Check::same(rule, hot.calls, found),
        Check::at_most(
            "hot budget: calls that broke off, in flight at the kills",
            run.records.kills.in_flight,
            with_flagged - spent.served,
        ),
        Check::at_least("hot budget: answers 402", 1, spent.refused),
        Check::same(
            "gateways that answered 402 for it at the end",
            run.answers.len(),
            run.happened.refused_at_the_end,
        ),
        Check::same("hot grant at rest: spent", credits, run.hot_grant.spent),
        Check::same("hot grant at rest: leased", 0, run.hot_grant.leased),
    ]
}

fn over(run: &Run) -> Vec<String> {
    list(run, |budget, charged, _| charged > budget.calls)
}

/// A 402 says that nothing is left, so nothing may be.
fn stranded(run: &Run) -> Vec<String> {
    list(run, |budget, charged, refused| refused > 0 && charged < budget.calls)
}

fn list(run: &Run, wrong: impl Fn(&Budget, u64, u64) -> bool) -> Vec<String> {
    let all = run.budgets.iter().map(|budget| (budget, run.spent(budget)));
    let found = all.filter(|(budget, spent)| wrong(budget, spent.charged, spent.refused));
    found.map(|(budget, spent)| format!("{} of {}: {spent:?}", budget.name, budget.calls)).collect()
}

fn odd(run: &Run) -> Vec<String> {
    let odd = run.budgets.iter().map(|budget| (budget, run.spent(budget)));
    let odd = odd.filter(|(_, spent)| spent.odd > 0);
    odd.map(|(budget, spent)| format!("{}: {} micro-credits", budget.name, spent.odd)).collect()
}
