//! `bursar key`: what it makes opens the gateway, and what it ends does not.

use std::process::Command;

use serde_json::Value;

use crate::process::{Demo, bursar, chat, run};

/// A demo, and the command line that has its admin token.
struct Office {
    demo: Demo,
    member: String,
}

impl Office {
    async fn open() -> Self {
        let demo = Demo::start(&[]).await;
        let (_, org) = crate::process::get(
            &format!("{}/api/v1/orgs/{}", demo.printed("admin"), demo.printed("org")),
            demo.printed("admin_token"),
        )
        .await;
        let keys = org["keys"].as_array().unwrap().iter();
        let plain = keys.clone().find(|key| key["name"] == "plain").unwrap();
        Self { member: plain["member"].as_str().unwrap().to_owned(), demo }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bursar(&["key"]);
        command.args(arguments).env("BURSAR_ADMIN", self.demo.printed("admin"));
        command.env("BURSAR_ORG", self.demo.printed("org"));
        command.env("BURSAR_ADMIN_TOKEN", self.demo.printed("admin_token"));
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        run(&mut self.command(arguments))
    }

    fn done(&self, arguments: &[&str]) -> (String, String) {
        let (code, said, told) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {told}");
        (said, told)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (said, _) = self.done(&[arguments, &["--json"]].concat());
        serde_json::from_str(&said).unwrap()
    }

    /// A key of the member that has ample credits: its id, and what opens it.
    fn key(&self, more: &[&str]) -> (String, String) {
        let arguments = ["create", "--name", "ci", "--member", &self.member];
        let made = self.json(&[&arguments, more].concat());
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    /// The status of a chat call, and the code of a refusal.
    async fn chat(&self, secret: &str) -> (u16, String) {
        let (status, answer, _) = chat(self.demo.printed("gateway"), secret, "mock-flat").await;
        (status, answer["error"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_key_is_made_rotated_restricted_blocked_and_revoked_and_the_gateway_obeys_at_once() {
    let office = Office::open().await;
    let (key, first) = office.key(&[]);
    assert_eq!(office.chat(&first).await.0, 200);

    let (second, told) = office.done(&["rotate", &key, "--grace", "1h", "--quiet"]);
    let second = second.trim_end();
    assert!(second.starts_with("bursar_u_") && told.contains("In force on 1 of 1"), "{told}");
    assert_eq!((office.chat(&first).await.0, office.chat(second).await.0), (200, 200));
    let (third, _) = office.done(&["rotate", &key, "--grace", "0s", "-q"]);
    let third = third.trim_end();
    assert_eq!(office.chat(&first).await, refused(401, "invalid_credential"));
    assert_eq!(office.chat(second).await, refused(401, "invalid_credential"));
    assert_eq!(office.chat(third).await.0, 200);

    office.done(&["edit", &key, "--tool", "text-to-image"]);
    assert_eq!(office.chat(third).await, refused(403, "tool_not_allowed"));
    office.done(&["edit", &key, "--clear", "tools"]);
    assert_eq!(office.chat(third).await.0, 200);
    office.done(&["block", &key]);
    assert_eq!(office.chat(third).await, refused(403, "key_blocked"));
    office.done(&["unblock", &key]);
    assert_eq!(office.chat(third).await.0, 200);
    office.done(&["revoke", &key]);
    assert_eq!(office.chat(third).await, refused(401, "invalid_credential"));
    assert_eq!(office.run(&["unblock", &key]).0, 1);
}

#[tokio::test]
async fn what_is_said_of_a_key_is_shown_and_its_secret_is_not() {
    let office = Office::open().await;
    let (key, secret) = office.key(&[
        "--tool=chatbot",
        "--model=mock-*",
        "--ip=127.0.0.1",
        "--ip=10.0.0.0/8",
        "--per-minute=60",
        "--expires=2036-12-31T23:00:00Z",
        "--surface=workspace",
        "--limit=2/total",
        "--limit=chatbot:1/day",
    ]);
    let shown = office.json(&["show", &key]);
    assert_eq!(shown["ips"], serde_json::json!(["127.0.0.1/32", "10.0.0.0/8"]));
    assert_eq!(
        (&shown["rates"]["per_minute"], &shown["surface"]),
        (&60.into(), &"workspace".into())
    );
    assert_eq!(office.chat(&secret).await, (200, String::new()));
    assert_eq!(office.chat(&secret).await, refused(402, "limit_reached"));

    let (text, _) = office.done(&["show", &key]);
    for words in ["ci", "mock-*", "127.0.0.1/32, 10.0.0.0/8", "60 a minute", "2036-12-31T23:00:00Z"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (table, _) = office.done(&["list", "--member", &office.member]);
    assert!(table.lines().any(|line| line.starts_with(&key)), "{table}");
    assert_eq!(office.json(&["list", "--status", "revoked"]), serde_json::json!([]));
    for said in [text, table, shown.to_string()] {
        assert!(!said.contains(&secret[13..]), "{said}");
    }

    let (made, told) = office.done(&["create", "--name", "two", "--member", &office.member]);
    let secret = made.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim();
    assert!(told.contains("shown this once"), "{told}");
    assert_eq!(office.chat(secret).await.0, 200);
}

#[tokio::test]
async fn each_no_is_told_and_has_its_exit_code() {
    let office = Office::open().await;
    let (key, _) = office.key(&[]);
    let (code, said, told) =
        office.run(&["create", "--name", "ci", "--member", "mem_1", "--ip", "here"]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(told.contains("invalid_request") && told.contains("\n  member: "), "{told}");
    assert!(told.contains("\n  ips[0]: must be an address"), "{told}");
    let (code, _, told) = office.run(&["show", "key_00000000000000000000000000000000"]);
    assert!(code == 1 && told.contains("not_found"), "{told}");

    let (code, _, told) = run(office.command(&["list"]).env("BURSAR_ADMIN_TOKEN", ""));
    assert!(code == 77 && told.contains("BURSAR_ADMIN_TOKEN"), "{told}");
    let wrong = "bursar_a_wrong";
    let (code, _, told) = run(office.command(&["list"]).env("BURSAR_ADMIN_TOKEN", wrong));
    assert!(code == 77 && told.contains("invalid_credential") && !told.contains(wrong), "{told}");
    let (code, _, told) = run(office.command(&["list"]).env("BURSAR_ADMIN", "http://127.0.0.1:9"));
    assert!(code == 69 && told.contains("cannot reach the admin API"), "{told}");
    let elsewhere = office.demo.printed("provider");
    assert_eq!(run(office.command(&["list"]).env("BURSAR_ADMIN", elsewhere)).0, 69);

    for usage in [
        &["edit", &key][..],
        &["edit", &key, "--tool", "chatbot", "--clear", "tools"],
        &["create", "--name", "ci", "--member", &office.member, "--limit", "20"],
        &["create", "--name", "ci", "--member", &office.member, "--quiet", "--json"],
        &["show", "../orgs"],
        &["rotate"],
    ] {
        assert_eq!(office.run(usage).0, 2, "{usage:?}");
    }
}

#[tokio::test]
async fn the_token_may_be_in_a_file() {
    let office = Office::open().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{}\n", office.demo.printed("admin_token"))).unwrap();
    let mut command = office.command(&["list", "--token-file", file.to_str().unwrap()]);
    assert_eq!(run(command.env_remove("BURSAR_ADMIN_TOKEN")).0, 0);
}
