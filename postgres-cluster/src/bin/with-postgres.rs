//! `with-postgres COMMAND...` starts a server, tells the command where it is, and ends it after the
//! command, whose exit code it passes on.

use std::process::{Command, ExitCode};

use postgres_cluster::{Cluster, Options, TEST_SERVER};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("with-postgres: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> std::io::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-postgres COMMAND...");
        return Ok(ExitCode::from(64));
    };
    let cluster = Cluster::make(Options::default())?;
    let mut command = Command::new(program);
    command.args(arguments).env(TEST_SERVER, cluster.server().url());
    let ended = command.status()?;
    // One that a signal ended has no code.
    let code = ended.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
