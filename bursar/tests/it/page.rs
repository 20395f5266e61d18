//! The commands on the admin API's page, run in their order on a demo.

use std::path::Path;
use std::process::Command;

use crate::process::{Demo, run};

/// Has each call tell its status on stderr.
const TOLD: &str = r#"
set -eu
curl() { command curl -w '%{stderr}told %{http_code} %{method} %{url_effective}\n' "$@"; }
"#;

/// Everything that the page has a shell do, but for where the demo is and what its token is.
fn commands() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/admin-api.md");
    let page = std::fs::read_to_string(path).unwrap();
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<_> = blocks.filter(|block| !block.starts_with("ADMIN=")).collect();
    assert!(blocks.len() >= 20, "the page has commands");
    TOLD.to_owned() + &blocks.join("\n")
}

#[tokio::test]
async fn every_command_on_the_page_does_what_the_page_says() {
    let demo = Demo::start(&[]).await;
    let binary = Path::new(env!("CARGO_BIN_EXE_bursar")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", &commands()]).env("PATH", path);
    shell.env("ADMIN", demo.printed("admin")).env("TOKEN", demo.printed("admin_token"));
    let (code, said, told) = run(&mut shell);
    assert_eq!(code, 0, "{said}\n{told}");

    let calls: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("told ")).collect();
    assert!(calls.len() >= 25, "{told}");
    let refused: Vec<_> = calls.iter().filter(|call| !call.starts_with('2')).collect();
    // The demo believes nobody's tokens, a request that nobody made is not found, and the page shows
    // what a bad request is told.
    assert_eq!(refused.len(), 3, "{said}\n{told}");
    assert!(refused[0].starts_with("400 POST") && refused[0].ends_with("tokens:revoke"), "{told}");
    assert!(refused[1].starts_with("404 POST") && refused[1].ends_with(":adjust"), "{told}");
    assert!(refused[2].starts_with("400 POST") && refused[2].ends_with("/grants"), "{told}");
    assert!(said.contains("opened by") && said.contains("revoked"), "{said}");
}
