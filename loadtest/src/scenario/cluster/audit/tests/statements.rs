//! What is found of a warm run that asks the store too often.

use super::*;
use crate::scenario::cluster::statements::Statements;

fn counted(plant: impl FnOnce(&mut Statements)) -> Vec<&'static str> {
    broken(|run| plant(run.statements.as_mut().unwrap()))
}

#[test]
fn a_call_that_a_request_made_is_found() {
    let found = counted(|counted| {
        counted.calls.insert("identity".to_owned(), 1);
    });
    assert_eq!(found, ["calls to the store that a request made"]);
}

#[test]
fn syncs_that_follow_the_requests_are_found() {
    let found = counted(|counted| {
        counted.calls.insert("sync".to_owned(), 1_000);
    });
    assert_eq!(found, ["calls to the store, which the clock makes", "requests for each of them"]);
}

#[test]
fn a_run_without_requests_shows_nothing() {
    let found = counted(|counted| counted.requests = 0);
    assert_eq!(found, ["warm requests counted", "requests for each of them"]);
}
