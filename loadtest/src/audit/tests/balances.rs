//! What is found in the balances.

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
