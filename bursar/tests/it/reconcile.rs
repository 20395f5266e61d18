//! `bursar reconcile`, beside a running gateway and without one.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::{Demo, bursar, run};

const CHECKS: [&str; 12] = [
    "spent",
    "leased",
    "never_over",
    "path",
    "references",
    "rollups",
    "index",
    "balance",
    "grants",
    "charge_entries",
    "corrections",
    "sequence",
];

/// The exit code, and what was said on stdout and stderr.
fn reconcile(store: &Path, arguments: &[&str]) -> (i32, String, String) {
    let store = store.to_str().unwrap();
    run(bursar(&["reconcile", "--store", store]).args(arguments))
}

/// That everything adds up, and what was printed.
fn adds_up(store: &Path) -> Value {
    let (code, said, error) = reconcile(store, &["--json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, error.as_str(), &found["holds"]), (0, "", &true.into()), "{said}");
    let checks = found["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, CHECKS);
    found
}

#[tokio::test]
async fn a_running_gateway_adds_up_at_every_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("bursar.db");
    let demo = Demo::start(&["--data-dir", folder.path().to_str().unwrap()]).await;
    let spent = |found: &Value| found["checks"][0]["found"].as_str().unwrap().to_owned();
    let before = adds_up(&store);
    for model in ["mock-chat", "mock-flat", "mock-chat"] {
        assert_eq!(demo.chat("plain", model).await.0, 200);
        adds_up(&store);
    }
    assert_eq!(demo.process.end("INT").await.0, 0);
    assert_ne!(spent(&adds_up(&store)), spent(&before));

    let (code, said, _) = reconcile(&store, &[]);
    assert_eq!(code, 0);
    for check in CHECKS {
        let row = said.lines().find(|line| line.split(' ').next() == Some(check)).unwrap();
        assert!(row.ends_with("  yes"), "{row}");
    }
    assert!(said.ends_with("\nEverything adds up.\n"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let demo = Demo::start(&["--data-dir", data_dir.to_str().unwrap()]).await;
    assert_eq!(demo.process.end("INT").await.0, 0);
    let damaged = folder.path().join("damaged.db");
    let mut bytes = fs::read(data_dir.join("bursar.db")).unwrap();
    bytes[100..2_000].fill(0xff);
    fs::write(&damaged, bytes).unwrap();
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "no database").unwrap();
    let missing = folder.path().join("missing.db");
    for (file, told) in [(damaged, "damaged"), (notes, "no database"), (missing, "missing.db")] {
        let (code, said, error) = reconcile(&file, &["--json"]);
        assert_eq!((code, said.as_str()), (2, ""), "{error}");
        assert!(error.starts_with("bursar: ") && error.contains(told), "{error}");
    }
    let (code, _, error) = run(&mut bursar(&["reconcile", "--config", "/nowhere/bursar.yaml"]));
    assert_eq!(code, 2);
    assert!(error.contains("/nowhere/bursar.yaml"), "{error}");
}
