//! What is found of limits that were changed under load.

use super::*;
use crate::scenario::cluster::budgets::{ADDED, LOWERED, TRIMMED};

#[test]
fn a_limit_that_does_not_end_exactly_is_found() {
    let added = told(|story| story.serve(0, ADDED, true));
    finds(&added, "limit added under load: calls counted");
    let trimmed = told(|story| story.serve(0, TRIMMED, true));
    finds(&trimmed, "limit lowered below what was leased: calls counted");
    let short = broken(|run| run.happened.changes[2].calls = 2);
    finds(&short, "limit lowered below what was leased: calls counted");
}

#[test]
fn a_call_that_passes_an_added_limit_by_is_found() {
    let found = told(|story| story.serve(0, ADDED, false));
    assert_eq!(found, ["calls that passed the added limit by once it was in force"]);
}

#[test]
fn a_call_admitted_on_a_limit_that_is_overspent_is_found() {
    let found = told(|story| story.serve(0, LOWERED, true));
    assert_eq!(found, ["calls admitted once it was lowered"]);
}

#[test]
fn a_limit_that_was_not_lowered_below_what_was_spent_shows_nothing() {
    let found = broken(|run| run.happened.changes[1].calls = 2);
    assert_eq!(found, ["limit lowered below what was spent: calls counted"]);
}

#[test]
fn a_change_that_a_gateway_had_not_taken_in_is_found() {
    let rule = ["limits changed that were not in force on every gateway"];
    assert_eq!(broken(|run| run.happened.changes[0].applied.nodes = 1), rule);
    let one_of_one = |run: &mut Run| {
        run.happened.changes[0].applied.nodes = 1;
        run.happened.changes[0].applied.of = 1;
    };
    assert_eq!(broken(one_of_one), rule);
}

#[test]
fn a_limit_that_was_never_changed_or_never_reached_shows_nothing() {
    assert_eq!(broken(|run| run.happened.changes.truncate(2)), ["limits changed under load"]);
    let found = broken(|run| {
        run.records.answers.retain(|it| &*it.call.key != TRIMMED || it.status != 402);
    });
    assert_eq!(found, ["limits changed that refused nothing"]);
}
