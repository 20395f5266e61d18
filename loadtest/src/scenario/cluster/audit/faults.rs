//! What was done to the run: that it was done, and that the gateways met it as they promise.

use super::Run;
use crate::audit::{Check, described};
use crate::cli::Faults;
use crate::scenario::cluster::director::{Away, Killed};
use crate::traffic::Answered;

pub(super) fn checks(run: &Run) -> Vec<Check> {
    match (run.faults, run.happened.killed, run.happened.away) {
        (Faults::None, ..) => Vec::new(),
        (Faults::Kill, killed, _) => of_a_kill(run, killed),
        (Faults::StopDatabase, _, away) => of_a_stop(run, away),
        (Faults::Outage, _, away) => of_an_outage(run, away),
    }
}

fn of_a_kill(run: &Run, killed: Option<Killed>) -> Vec<Check> {
    let Some(killed) = killed else { return vec![Check::same("gateways killed", 1, 0)] };
    let served = |gateway: usize, from, until| {
        let answers = run.answers.get(gateway).map(Vec::as_slice).unwrap_or_default();
        served(answers, from, until)
    };
    let others = (0..run.answers.len()).filter(|gateway| *gateway != killed.gateway);
    let least = others.map(|gateway| served(gateway, killed.at, killed.back)).min();
    vec![
        Check::at_least(
            "answers 200 of the killed gateway before",
            1,
            served(killed.gateway, 0, killed.at),
        ),
        Check::at_least("and once it was back", 1, served(killed.gateway, killed.back, i64::MAX)),
        Check::at_least("answers 200 of each other one meanwhile", 1, least.unwrap_or_default()),
    ]
}

fn of_a_stop(run: &Run, away: Option<Away>) -> Vec<Check> {
    let Some(away) = away else { return vec![Check::same("outages of the database", 1, 0)] };
    let all = &run.records.answers;
    vec![
        Check::at_least(
            "answers 200 while the database was away",
            1,
            served(all, away.gone, away.until),
        ),
        Check::at_least("answers 200 once it was back", 1, served(all, away.back, i64::MAX)),
    ]
}

/// Served from the leases up to the bound, then refused, then served.
fn of_an_outage(run: &Run, away: Option<Away>) -> Vec<Check> {
    let Some(away) = away else { return vec![Check::same("outages of the database", 1, 0)] };
    let bound = i64::try_from(run.max_offline.as_micros()).unwrap_or(i64::MAX);
    let dark = away.gone.saturating_add(bound);
    let all = &run.records.answers;
    // A call that waits until the database is back is served by what the database says.
    let in_the_dark = |answer: &&Answered| answer.sent >= dark && answer.ended_at() < away.until;
    let late = all.iter().filter(in_the_dark).filter(|answer| answer.is_served());
    let refused = all.iter().filter(in_the_dark).filter(|answer| is_unavailable(answer));
    vec![
        Check::at_least(
            "answers 200 while the database was away, up to max_offline",
            1,
            served(all, away.gone, dark),
        ),
        Check::none("answers 200 beyond max_offline", late.map(described).collect()),
        Check::at_least("answers 503 beyond max_offline", 1, refused.count() as u64),
        Check::at_least("answers 200 once it was back", 1, served(all, away.back, i64::MAX)),
    ]
}

/// Answers 200 to calls that were sent from one instant until another.
fn served(answers: &[Answered], from: i64, until: i64) -> u64 {
    let then = |answer: &&Answered| (from..until).contains(&answer.sent);
    answers.iter().filter(then).filter(|answer| answer.is_served()).count() as u64
}

fn is_unavailable(answer: &Answered) -> bool {
    answer.status == 503 && answer.code.as_deref() == Some("ledger_unavailable")
}
