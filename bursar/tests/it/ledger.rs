//! `bursar ledger`, beside a running gateway and without one.

use serde_json::Value;

use crate::process::{Demo, bursar, run};

/// The lines of `bursar ledger charges --json` with these arguments.
fn charges(arguments: &[&str]) -> Vec<Value> {
    let (code, said, error) = run(bursar(&["ledger", "charges", "--json"]).args(arguments));
    assert_eq!((code, error.as_str()), (0, ""));
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn charges_are_told_beside_a_running_gateway_and_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&["--data-dir", folder.path().to_str().unwrap()]).await;
    let store = folder.path().join("bursar.db");
    let store = ["--store", store.to_str().unwrap()];
    let before = charges(&store);
    assert!(before.len() > 1_000, "a month of usage is more than {}", before.len());
    let (status, _, id) = demo.chat("plain", "mock-chat").await;
    assert_eq!(status, 200);
    let known = demo.own("plain", &format!("requests/{id}")).await;
    let org = demo.printed("org").to_owned();
    assert_eq!(demo.process.end("INT").await.0, 0);

    let after = charges(&[store[0], store[1], "--org", &org]);
    assert_eq!(after.len(), before.len() + 1);
    let charge = after.iter().find(|charge| charge["request"] == id.as_str()).unwrap();
    assert_eq!((&charge["ending"], &charge["status"]), (&"settled".into(), &200.into()));
    for same in ["held", "charged", "model", "usage", "outputs"] {
        assert_eq!(charge[same], known[same], "{same}");
    }
    let paid = charge["lines"].as_array().unwrap().iter().filter(|line| line["source"] != "limit");
    let paid: Vec<_> = paid.map(|line| &line["amount"]).collect();
    assert_eq!(paid, [&charge["charged"]]);
    assert!(charge["ended"].as_i64().unwrap() > charge["admitted"].as_i64().unwrap());
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> =
        left.filter(|name| name.to_str().unwrap().starts_with("bursar.db-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_store_is_named_once_and_must_be_there() {
    for arguments in [&[][..], &["--store", "a.db", "--config", "a.yaml"]] {
        let (code, _, usage) = run(bursar(&["ledger", "charges"]).args(arguments));
        assert_eq!(code, 2, "{arguments:?}");
        assert!(usage.contains("--help"), "{usage}");
    }
    let (code, _, error) = run(&mut bursar(&["ledger", "charges", "--store", "/nowhere/a.db"]));
    assert_eq!(code, 1);
    assert!(error.starts_with("bursar: ") && error.contains("/nowhere/a.db"), "{error}");
}

#[tokio::test]
async fn a_charge_is_lowered_while_no_gateway_has_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&["--data-dir", folder.path().to_str().unwrap()]).await;
    let file = folder.path().join("bursar.db");
    let store = ["--store", file.to_str().unwrap()];
    let (_, _, id) = demo.chat("plain", "mock-chat").await;
    let adjust = |charge: &str| {
        let words = ["ledger", "adjust", &id, "--charge", charge, "--reason", "cut"];
        run(bursar(&words).args(store))
    };
    let (code, _, error) = adjust("0");
    assert_eq!(code, 1);
    assert!(error.contains("a gateway has") && error.contains(&format!("{id}:adjust")), "{error}");
    assert_eq!(demo.process.end("INT").await.0, 0);

    let (code, _, error) = adjust("1000000");
    assert_eq!(code, 1);
    assert!(error.contains("a correction lowers that"), "{error}");
    let (code, said, error) = adjust("0");
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(said.starts_with(&id) && said.contains("is charged 0 now"), "{said}");
    // The event stays as it was, and what is charged is not what a journal made.
    let stays = charges(&store).into_iter().find(|charge| charge["request"] == id.as_str());
    assert_ne!(stays.unwrap()["charged"], "0");
    let (code, said, _) = run(bursar(&["ledger", "indeterminate"]).args(store));
    assert_eq!((code, said.as_str()), (0, ""));
}
