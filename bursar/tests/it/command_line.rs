//! What the commands that run nothing say, and how they end.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{bursar, run};

fn examples() -> impl Iterator<Item = PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/examples");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|it| it == "yaml" || it == "yml"))
}

/// The command with every variable that a file names set to something long enough for a secret, or
/// to what it has to be.
fn with_variables(arguments: &[&str], file: &Path) -> std::process::Command {
    let text = std::fs::read_to_string(file).unwrap();
    let mut command = bursar(arguments);
    for reference in text.split("${").skip(1) {
        let name = reference.split(['}', ':']).next().unwrap();
        let value = match name {
            "BURSAR_DATABASE_URL" => "postgres://bursar:canary@db.internal/bursar",
            "BURSAR_ADVERTISE" => "10.0.0.5:9464",
            _ => "canary-canary-canary-canary-canary-canary",
        };
        command.env(name, value);
    }
    command.arg(file);
    command
}

#[test]
fn every_example_config_is_right() {
    assert!(examples().count() > 0);
    for example in examples() {
        let (code, _, problems) = run(&mut with_variables(&["check-config"], &example));
        assert_eq!((code, problems.as_str()), (0, ""), "{}", example.display());
    }
}

#[test]
fn a_printed_config_shows_no_secret() {
    for example in examples() {
        let (code, printed, _) = run(&mut with_variables(&["config", "print"], &example));
        assert_eq!(code, 0);
        assert!(printed.contains("[redacted]"), "{printed}");
        assert!(!printed.contains("canary"), "{printed}");
    }
}

#[test]
fn a_wrong_config_is_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.yaml");
    std::fs::write(&file, "version: 1\nlisten: {gatewy: 127.0.0.1:8080}\ntools: [5]\n").unwrap();
    let path = file.to_str().unwrap();
    let (code, said, problems) = run(&mut bursar(&["check-config", path]));
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(problems.lines().count() >= 2, "{problems}");
    assert!(problems.lines().all(|line| line.starts_with(&format!("{path}:"))), "{problems}");
    assert!(problems.contains(":2: listen.gatewy"), "{problems}");

    let (code, _, same_problems) = run(&mut bursar(&["serve", "--config", path]));
    assert_eq!((code, same_problems), (64, problems));
}

#[test]
fn a_config_that_is_not_there_is_a_wrong_one() {
    let (code, _, problem) = run(&mut bursar(&["serve", "--config", "/nowhere/bursar.yaml"]));
    assert_eq!(code, 64);
    assert!(problem.contains("/nowhere/bursar.yaml"), "{problem}");
}

#[test]
fn the_schema_is_json() {
    let (code, schema, _) = run(&mut bursar(&["config", "schema"]));
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!((code, &schema["title"]), (0, &Value::from("Bursar config")));
}

#[test]
fn a_command_that_there_is_not_is_a_mistake_of_the_caller() {
    for arguments in [&["srve"][..], &["serve"], &["demo", "--gateway", "here"]] {
        let (code, _, usage) = run(&mut bursar(arguments));
        assert_eq!(code, 2, "{arguments:?}");
        assert!(usage.contains("--help"), "{usage}");
    }
}

#[test]
fn a_log_filter_that_makes_no_sense_is_refused() {
    let (code, _, error) = run(bursar(&["demo"]).env("BURSAR_LOG", "gateway=loudly"));
    assert_eq!(code, 1);
    assert!(error.starts_with("bursar: BURSAR_LOG is `gateway=loudly`"), "{error}");
}
