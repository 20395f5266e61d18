//! `bursar demo`, as a newcomer meets it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::process::{Demo, FREE_PORTS, Process, bursar, get, run};

#[tokio::test]
async fn everything_answers_once_the_line_is_printed_and_an_interrupt_ends_it() {
    let demo = Demo::start(&[]).await;
    assert_eq!(demo.printed["keys"][0]["name"], "plain");
    assert!(demo.printed["keys"][0]["member"].as_str().unwrap().starts_with("mem_"));

    let operations = demo.printed("operations");
    assert_eq!(get(&format!("{operations}/readyz"), "").await.0, 200);
    let provider = demo.printed("provider");
    assert_eq!(get(&format!("{provider}/bill"), "").await.1["requests"], 0);
    let org = format!("{}/api/v1/orgs/{}", demo.printed("admin"), demo.printed("org"));
    assert_eq!(get(&org, "wrong").await.0, 401);
    assert_eq!(get(&org, demo.printed("admin_token")).await.1["name"], "Northwind Studio");

    assert_eq!(demo.process.end("INT").await, (0, Vec::new()));
}

#[tokio::test]
async fn each_key_is_answered_as_its_note_says() {
    let demo = Demo::start(&[]).await;
    for (key, model, status, code) in [
        ("plain", "mock-chat", 200, None),
        ("plain", "gpt-of-nobody", 400, Some("unpriced")),
        ("fifty", "mock-flat", 200, None),
        ("empty", "mock-chat", 402, Some("credits_exhausted")),
        ("capped", "mock-chat", 402, Some("limit_reached")),
        ("removed", "mock-chat", 403, Some("access_removed")),
        ("blocked", "mock-chat", 403, Some("key_blocked")),
        ("held", "mock-chat", 200, None),
        ("service", "mock-chat", 200, None),
        ("samuel", "mock-chat", 200, None),
        ("ines", "mock-chat", 200, None),
        ("mira", "mock-chat", 200, None),
        ("theo", "mock-chat", 200, None),
    ] {
        let (answered, body, _) = demo.chat(key, model).await;
        let said = body["error"]["code"].as_str();
        assert_eq!((answered, said), (status, code), "{key} {model}: {body}");
    }
    assert_eq!(demo.own("fifty", "balance").await["remaining"], "49");
    assert_eq!(demo.process.end("TERM").await, (0, Vec::new()));
}

#[tokio::test]
async fn a_folder_is_seeded_once_and_remembers_keys_balances_and_charges() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = ["--data-dir", folder.path().to_str().unwrap()];
    let first = Demo::start(&data_dir).await;
    let (status, _, id) = first.chat("plain", "mock-chat").await;
    assert_eq!(status, 200);
    let charge = first.own("plain", &format!("requests/{id}")).await;
    assert_eq!(charge["state"], "settled");
    let balances = balances(&first).await;
    let printed = first.printed.clone();
    assert_eq!(first.process.end("INT").await.0, 0);

    let mode = std::fs::metadata(folder.path().join("demo.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let second = Demo::start(&data_dir).await;
    for same in ["admin_token", "org", "keys"] {
        assert_eq!(second.printed[same], printed[same]);
    }
    assert_eq!(self::balances(&second).await, balances);
    assert_eq!(second.own("plain", &format!("requests/{id}")).await, charge);
    assert_eq!(second.process.end("INT").await.0, 0);
}

/// What each holder of a key could still spend.
async fn balances(demo: &Demo) -> Vec<(String, String)> {
    let mut balances = Vec::new();
    for key in ["plain", "fifty", "empty", "held", "service", "samuel", "ines", "mira", "theo"] {
        let remaining = demo.own(key, "balance").await["remaining"].clone();
        balances.push((key.to_owned(), remaining.as_str().unwrap().to_owned()));
    }
    balances
}

#[tokio::test]
async fn the_printed_curl_lines_work_and_the_last_is_refused() {
    let mut demo = Process::start(bursar(&["demo"]).args(FREE_PORTS));
    let mut answers = Vec::new();
    while answers.len() < 3 {
        let line = demo.line().await;
        if line.starts_with("curl ") {
            let answer = Command::new("sh").args(["-c", &line]).output().unwrap();
            answers.push(String::from_utf8(answer.stdout).unwrap());
        }
    }
    assert!(answers[0].contains("\"chat.completion\""), "{}", answers[0]);
    assert!(answers[1].contains(": bursar charged="), "{}", answers[1]);
    assert!(answers[2].starts_with("HTTP/1.1 402 "), "{}", answers[2]);
    assert_eq!(demo.end("INT").await.0, 0);
}

#[tokio::test]
async fn a_temporary_folder_is_gone_at_the_end_however_it_came() {
    for signal in ["INT", "TERM", "HUP"] {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = bursar(&["demo", "--json"]);
        command.args(FREE_PORTS).env("TMPDIR", temporary.path());
        let mut demo = Process::start(&mut command);
        demo.line().await;
        assert_eq!(entries(temporary.path()), 1);
        assert_eq!(demo.end(signal).await, (0, Vec::new()), "{signal}");
        assert_eq!(entries(temporary.path()), 0, "{signal}");
    }
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn two_demos_never_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = ["--data-dir", folder.path().to_str().unwrap()];
    let first = Demo::start(&data_dir).await;
    let (code, _, error) = run(bursar(&["demo"]).args(FREE_PORTS).args(data_dir));
    assert_eq!(code, 1);
    assert!(error.contains("belongs to another bursar"), "{error}");
    assert_eq!(first.process.end("INT").await.0, 0);
}

#[test]
fn an_address_that_is_taken_is_told_and_not_replaced() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for listener in ["--gateway", "--admin", "--operations", "--provider"] {
        let (code, _, error) = run(&mut bursar(&["demo", listener, &address]));
        assert_eq!(code, 1, "{listener}");
        assert!(error.contains(&format!("{address} is taken")), "{error}");
        assert!(error.contains(&format!("name another with {listener}")), "{error}");
    }
}
