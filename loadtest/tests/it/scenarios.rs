//! Every other scenario for some seconds.

use std::fs;

use serde_json::Value;

use crate::process::{holds, loadtest};

/// Few enough calls for a machine that runs other tests beside.
fn short<'a>(scenario: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[scenario, "--seconds", "6", "--rate", "40", "--seed", "5"], more].concat()
}

#[test]
fn a_steady_load_is_charged_as_it_was_billed_and_each_answer_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("answers.jsonl");
    let said = holds(&short("steady", &["--log", log.to_str().unwrap()]));
    assert!(said.contains("seed 5"), "{said}");
    let log = fs::read_to_string(log).unwrap();
    let answers: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 240);
    assert!(answers.iter().all(|answer| answer["ending"] == "complete"), "{log}");
}

#[test]
fn streams_are_charged_as_they_were_billed() {
    holds(&short("streams", &[]));
}

#[test]
fn callers_that_leave_are_charged_at_most_their_hold() {
    let said = holds(&short("hang-ups", &[]));
    assert!(said.contains("| left "), "{said}");
    assert!(said.contains(" estimated charges: "), "{said}");
}

#[test]
fn what_a_provider_does_wrong_is_not_charged_for() {
    let said = holds(&short("provider-faults", &[]));
    assert!(said.contains("upstream_refused"), "{said}");
}

#[test]
fn one_hot_key_spends_all_that_it_has_and_no_more() {
    let said = holds(&["hot-key", "--requests", "120", "--concurrency", "40"]);
    assert!(said.contains("credits_exhausted"), "{said}");
}

#[test]
fn a_folder_with_something_in_it_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes"), "mine").unwrap();
    let folder = folder.path().to_str().unwrap();
    let (code, _, errors) = loadtest(&short("steady", &["--folder", folder]));
    assert_eq!(code, 1);
    assert!(errors.contains("is not empty"), "{errors}");
}

#[test]
fn a_guest_is_served_throughout_a_flood_of_keys_that_open_nothing() {
    let said = holds(&[
        "flood",
        "--malformed",
        "400",
        "--unknown",
        "100",
        "--seconds",
        "2",
        "--rounds",
        "1",
    ]);
    assert!(said.contains("| added "), "{said}");
}
