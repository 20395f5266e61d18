//! A run of the tool, and what it says.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs it with these arguments; the exit code, and what was said on stdout and stderr.
pub(crate) fn loadtest(arguments: &[&str]) -> (i32, String, String) {
    let tool = Path::new(env!("CARGO_BIN_EXE_loadtest"));
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::null());
    // The programs that it starts were built beside it with the whole workspace. Without them it
    // builds them itself, with the cargo that runs this test.
    if ["bursar", "mock-provider"].iter().all(|name| tool.with_file_name(name).is_file()) {
        command.env_remove("CARGO");
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Runs it, and insists that its audit holds.
pub(crate) fn holds(arguments: &[&str]) -> String {
    let (code, said, errors) = loadtest(arguments);
    assert_eq!(code, 0, "{said}\n{errors}");
    said
}
