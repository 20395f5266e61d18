//! What is found of answers that are neither a 200 nor a 402.

use super::*;

const RULE: &str = "answers other than what the run explains";

/// Another answer of the first gateway, in a run with these faults.
fn with(faults: Faults, status: u16, code: &'static str, ended: Ended) -> bool {
    let mut story = honest();
    let answer = story.answer("seat", status);
    let answer = Answered { code: Some(code.to_owned()), ended, ..answer };
    story.answers[0].push(answer);
    let mut run = story.run();
    run.faults = faults;
    if faults == Faults::Kill {
        faults::killed(&mut run);
    }
    rules(&run).contains(&RULE)
}

#[test]
fn without_faults_nothing_but_a_200_and_a_402_is_explained() {
    assert!(with(Faults::None, 429, "credits_held", Ended::Complete));
    assert!(with(Faults::None, 503, "ledger_unavailable", Ended::Complete));
    assert!(with(Faults::None, 0, "", Ended::Cut("reset".to_owned())));
    assert!(with(Faults::None, 500, "internal", Ended::Complete));
}

#[test]
fn with_faults_credits_may_be_held_or_in_doubt_and_the_ledger_away() {
    for (status, code) in
        [(429, "credits_held"), (503, "ledger_unavailable"), (503, "credits_in_doubt")]
    {
        assert!(!with(Faults::Outage, status, code, Ended::Complete), "{code}");
    }
    assert!(with(Faults::Outage, 429, "rate_limited", Ended::Complete));
    assert!(with(Faults::Outage, 503, "shutting_down", Ended::Complete));
    assert!(with(Faults::Outage, 401, "invalid_credential", Ended::Complete));
}

#[test]
fn only_a_killed_gateway_breaks_off() {
    let cut = || Ended::Cut("reset".to_owned());
    assert!(!with(Faults::Kill, 0, "", cut()), "it was this one");
    assert!(with(Faults::StopDatabase, 0, "", cut()));
    let found = broken(|run| {
        run.faults = Faults::Kill;
        faults::killed(run);
        run.answers[1][0].ended = cut();
    });
    finds(&found, RULE);
}

#[test]
fn a_gateway_that_was_never_called_shows_nothing() {
    finds(&broken(|run| run.answers[1].clear()), "answers of the gateway that had the fewest");
}
