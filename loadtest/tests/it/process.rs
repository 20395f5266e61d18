//! A run of the tool, and what it says.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs it with these arguments; the exit code, and what was said on stdout and stderr.
pub(crate) fn loadtest(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn command(arguments: &[&str]) -> Command {
    let tool = Path::new(env!("CARGO_BIN_EXE_loadtest"));
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::null());
    // The programs that it starts were built beside it with the whole workspace. Without them it
    // builds them itself, with the cargo that runs this test.
    if ["bursar", "mock-provider"].iter().all(|name| tool.with_file_name(name).is_file()) {
        command.env_remove("CARGO");
    }
    command
}

/// Starts it, has it told to stop once it says these words on stderr, and returns the exit code.
pub(crate) fn stopped(arguments: &[&str], once: &str) -> i32 {
    let mut child =
        command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(once)), "it ended without saying {once:?}");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    lines.for_each(drop);
    child.wait().unwrap().code().unwrap()
}

/// Runs it, and insists that its audit holds.
pub(crate) fn holds(arguments: &[&str]) -> String {
    let (code, said, errors) = loadtest(arguments);
    assert_eq!(code, 0, "{said}\n{errors}");
    said
}
