//! What is found when 402s are replayed.

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
fn of_limit(amount: &'static str, spent: &'static str, left: &'static str) -> Vec<&'static str> {
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
