//! What is found of faults that were met otherwise than promised.

use super::*;
use crate::scenario::cluster::director::{Away, Killed};

/// The first gateway dies after the second call and is back before the fourth.
pub(super) fn killed(run: &mut Run) {
    run.happened.killed = Some(Killed { gateway: 0, at: 250, back: 350 });
}

/// The database is away from the second call to the sixth.
pub(super) fn away(run: &mut Run) {
    run.happened.away = Some(Away { from: 140, gone: 150, until: 650, back: 660 });
}

/// The rules that break in a run with a fault, among those of faults.
fn found(faults: Faults, plant: impl FnOnce(&mut Run)) -> Vec<&'static str> {
    let mut run = honest().run();
    run.faults = faults;
    plant(&mut run);
    super::super::faults::checks(&run)
        .iter()
        .filter(|check| !check.holds())
        .map(|check| check.rule)
        .collect()
}

fn lose(run: &mut Run, gateway: usize, sent: std::ops::Range<i64>) {
    run.answers[gateway].retain(|answer| !sent.contains(&answer.sent));
    run.records.answers = run.answers.concat();
}

#[test]
fn a_fault_that_was_never_made_is_found() {
    assert_eq!(found(Faults::Kill, |_| ()), ["gateways killed"]);
    assert_eq!(found(Faults::StopDatabase, |_| ()), ["outages of the database"]);
    assert_eq!(found(Faults::Outage, |_| ()), ["outages of the database"]);
}

#[test]
fn a_gateway_has_to_serve_before_it_is_killed_and_when_it_is_back_and_the_others_meanwhile() {
    let with = |gateway, sent: std::ops::Range<i64>| {
        found(Faults::Kill, |run| {
            killed(run);
            lose(run, gateway, sent);
        })
    };
    assert_eq!(with(0, 0..0), Vec::<&str>::new());
    assert_eq!(with(0, 0..250), ["answers 200 of the killed gateway before"]);
    assert_eq!(with(0, 350..9_999), ["and once it was back"]);
    assert_eq!(with(1, 250..350), ["answers 200 of each other one meanwhile"]);
}

#[test]
fn gateways_have_to_serve_while_the_database_is_stopped_and_when_it_is_back() {
    let with = |sent: std::ops::Range<i64>| {
        found(Faults::StopDatabase, |run| {
            away(run);
            lose(run, 0, sent.clone());
            lose(run, 1, sent);
        })
    };
    assert_eq!(with(0..0), Vec::<&str>::new());
    assert_eq!(with(150..650), ["answers 200 while the database was away"]);
    assert_eq!(with(660..9_999), ["answers 200 once it was back"]);
}

/// Beyond the bound, which is 200 us from when the database was gone, calls are refused with a 503.
fn outage(plant: impl FnOnce(&mut Run)) -> Vec<&'static str> {
    found(Faults::Outage, |run| {
        away(run);
        lose(run, 0, 350..650);
        lose(run, 1, 350..650);
        let refused = Answered {
            sent: 400,
            status: 503,
            code: Some("ledger_unavailable".to_owned()),
            ..run.answers[0][0].clone()
        };
        run.answers[0].push(refused);
        run.records.answers = run.answers.concat();
        plant(run);
    })
}

#[test]
fn an_outage_is_served_then_refused_then_served() {
    assert_eq!(outage(|_| ()), Vec::<&str>::new());
    let lost = |sent: std::ops::Range<i64>| {
        outage(|run| {
            lose(run, 0, sent.clone());
            lose(run, 1, sent);
        })
    };
    assert_eq!(lost(150..350), ["answers 200 while the database was away, up to max_offline"]);
    assert_eq!(lost(350..650), ["answers 503 beyond max_offline"]);
    assert_eq!(lost(660..9_999), ["answers 200 once it was back"]);
}

#[test]
fn an_answer_beyond_max_offline_is_found() {
    let late = outage(|run| {
        let late = Answered { sent: 350, ..run.records.answers[0].clone() };
        run.records.answers.push(late);
    });
    assert_eq!(late, ["answers 200 beyond max_offline"]);
    let waited = outage(|run| {
        let late = Answered { sent: 350, micros: 310, ..run.records.answers[0].clone() };
        run.records.answers.push(late);
    });
    assert_eq!(waited, Vec::<&str>::new(), "the database was back before it was served");
}
