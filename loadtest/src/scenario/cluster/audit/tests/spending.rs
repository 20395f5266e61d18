//! What is found of the budgets.

use super::*;
use crate::audit::Ending;
use crate::scenario::cluster::budgets::HOT;

#[test]
fn a_call_served_beyond_the_budget_is_found() {
    let found = told(|story| story.serve(0, HOT, false));
    finds(&found, "hot budget: calls charged");
    finds(&found, "hot budget: answers 200");
    finds(&found, "budgets spent past their amount");
}

#[test]
fn a_credit_that_nobody_could_spend_is_found() {
    let found = told(|story| {
        story.charges.remove(2);
        story.bill.remove(2);
        story.answers[1].remove(0);
    });
    finds(&found, "hot budget: calls charged");
    finds(&found, "budgets that ran out and were not spent to the end");
    // And the 402s that said so are false.
    finds(&found, "402s that count more spent than was charged");
}

#[test]
fn a_small_budget_that_is_not_spent_to_the_end_is_found() {
    let found = broken(|run| run.budgets[1].calls = 2);
    assert_eq!(found, ["budgets that ran out and were not spent to the end"]);
}

#[test]
fn a_small_budget_spent_past_its_amount_is_found() {
    let found = told(|story| story.serve(1, "seat", false));
    assert_eq!(found, ["budgets spent past their amount"]);
}

#[test]
fn a_run_in_which_no_small_budget_ran_out_shows_nothing() {
    let found = told(|story| {
        story.answers[0].retain(|it| &*it.call.key != "seat" || it.status != 402);
    });
    assert_eq!(found, ["small budgets that ran out"]);
}

#[test]
fn a_run_that_never_refused_the_hot_budget_shows_nothing() {
    let found = told(|story| {
        for answers in &mut story.answers {
            answers.retain(|it| &*it.call.key != HOT || it.status != 402);
        }
    });
    assert_eq!(found, ["hot budget: answers 402"]);
    assert_eq!(
        broken(|run| run.happened.refused_at_the_end = 1),
        ["gateways that answered 402 for it at the end"]
    );
}

#[test]
fn part_of_a_call_is_no_charge_of_a_budget() {
    let found = broken(|run| {
        let charge = &mut run.records.charges[3];
        charge.charged = "1.000001".parse().unwrap();
        charge.held = charge.charged;
        charge.lines[0].amount = charge.charged;
    });
    finds(&found, "budgets charged with anything but whole calls");
}

#[test]
fn a_hot_grant_that_is_not_all_spent_or_still_leased_is_found() {
    assert_eq!(
        broken(|run| run.hot_grant.spent = "2".parse().unwrap()),
        ["hot grant at rest: spent"]
    );
    assert_eq!(
        broken(|run| run.hot_grant.leased = "1".parse().unwrap()),
        ["hot grant at rest: leased"]
    );
}

#[test]
fn a_lease_that_outlives_the_gateways_is_found() {
    let rule = ["credits leased once every gateway has stopped"];
    assert_eq!(broken(|run| run.records.reconciled.checks[0].found = "1".to_owned()), rule);
    assert_eq!(broken(|run| run.records.reconciled.checks.clear()), rule);
}

/// One of the hot calls broke off when its gateway was killed, and was charged from the journal.
fn cut(ending: Ending, in_flight: u64) -> Vec<&'static str> {
    broken(|run| {
        run.faults = Faults::Kill;
        run.records.kills.count = 1;
        run.records.kills.in_flight = in_flight;
        faults::killed(run);
        run.records.charges[1].ending = ending;
        for answers in [&mut run.records.answers, &mut run.answers[0]] {
            answers[1].ended = Ended::Cut("reset".to_owned());
            answers[1].status = 0;
            answers[1].request_id = None;
        }
        let request = run.records.charges[1].request.clone();
        run.records.reconciled.indeterminate.push(crate::audit::Listed { request });
    })
}

#[test]
fn a_call_that_a_kill_broke_off_counts_as_spent_and_no_other_does() {
    assert_eq!(cut(Ending::Indeterminate, 1), Vec::<&str>::new());
    assert_eq!(cut(Ending::Settled, 1), Vec::<&str>::new());
    finds(&cut(Ending::Settled, 0), "hot budget: calls that broke off, in flight at the kills");
    let lost = broken(|run| {
        run.faults = Faults::Kill;
        faults::killed(run);
        run.records.charges.remove(1);
    });
    finds(&lost, "hot budget: calls charged");
}

#[test]
fn without_faults_a_charge_without_its_answer_is_no_answer() {
    let found = told(|story| {
        story.answers[0].remove(1);
    });
    assert_eq!(
        found,
        ["hot budget: answers 200", "hot budget: calls that broke off, in flight at the kills"]
    );
    let found = broken(|run| {
        run.faults = Faults::StopDatabase;
        faults::away(run);
        run.records.answers.remove(1);
        run.records.charges.remove(1);
    });
    finds(&found, "hot budget: answers 200, and charges of calls that broke off");
}
