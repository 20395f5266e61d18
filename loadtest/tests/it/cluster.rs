//! Several gateways on a private Postgres, in short: a budget is spent to its last credit and never
//! past it, whatever is done to the run.

use serde_json::Value;

use crate::process::{holds, loadtest, stopped};

/// A short run of three gateways, and its story.
fn cluster(more: &[&str]) -> Value {
    let usual = ["cluster", "--gateways", "3", "--rate", "90", "--hurry", "5", "--json"];
    let (code, said, errors) = loadtest(&[&usual, more].concat());
    let story = serde_json::from_str::<Value>(&said);
    let broken = story.as_ref().map(|story| {
        let checks = story["checks"].as_array().unwrap().iter();
        checks.filter(|check| check["holds"] == false).cloned().collect::<Vec<_>>()
    });
    assert_eq!(code, 0, "{broken:#?}\n{errors}");
    story.unwrap()
}

/// How many answers of a kind there were in all.
fn answers(story: &Value, kind: &str) -> u64 {
    story["answers"].as_array().unwrap().iter().map(|gateway| gateway[kind].as_u64().unwrap()).sum()
}

#[test]
fn three_gateways_spend_a_budget_to_its_last_credit_while_limits_change() {
    let story = cluster(&["--seed", "11"]);
    let hot = &story["budgets"][0];
    assert_eq!((&hot["served"], &hot["charged"]), (&hot["calls"], &hot["calls"]));
    assert!(!story["statements"].as_array().unwrap().is_empty(), "{story}");
}

#[test]
fn a_gateway_killed_in_the_middle_takes_no_credit_with_it() {
    let story = cluster(&["--faults", "kill", "--without-statements", "--seed", "12"]);
    assert!(answers(&story, "broken") > 0, "{story}");
}

#[test]
fn a_postgres_stopped_in_the_middle_lets_nothing_be_spent_twice() {
    cluster(&["--faults", "stop-database", "--without-statements", "--seed", "13"]);
}

#[test]
fn an_outage_beyond_max_offline_is_served_then_refused_then_served() {
    let story = cluster(&["--faults", "outage", "--without-statements", "--seed", "14"]);
    assert!(answers(&story, "unavailable") > 0, "{story}");
}

#[test]
fn a_revoked_key_is_served_by_no_gateway_once_the_admin_has_the_answer() {
    let usual = ["revoke", "--gateways", "3", "--revocations", "20", "--rate", "90"];
    // How fast it is, is for a machine of its own to say.
    let said = holds(&[&usual[..], &["--within-ms", "60000"]].concat());
    assert!(said.contains("the last call sent that was served"), "{said}");
}

#[test]
fn a_run_that_is_told_to_stop_leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let arguments = ["cluster", "--without-statements", "--hurry", "5", "--folder", path];
    assert_eq!(stopped(&arguments, "cluster: "), 130);
    let left = processes_that_name(path);
    assert_eq!(left, Vec::<String>::new());
}

/// The command lines with this text in them.
fn processes_that_name(text: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.filter_map(|it| std::fs::read(it.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(text)).collect()
}

#[test]
fn a_database_of_somebody_else_is_not_stopped() {
    let arguments =
        ["cluster", "--faults", "outage", "--database", "postgres://nobody@127.0.0.1:1/x"];
    let (code, _, errors) = loadtest(&arguments);
    assert_eq!(code, 1);
    assert!(errors.contains("not ours to stop"), "{errors}");
}
