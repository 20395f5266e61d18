//! A process that is started, says one line when it is ready, and is stopped when it is dropped.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take until its line.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end, once told to: the gateway promises 15 seconds.
const STOP: Duration = Duration::from_secs(20);
/// Between two looks at whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much of what it complained about is kept, in bytes.
const KEPT_COMPLAINTS: usize = 8 << 10;

/// A running process. Dropped, it is sent SIGTERM and waited for, and killed if that is in vain.
pub(crate) struct Process {
    name: String,
    child: Child,
    first_line: Receiver<String>,
    greeting: String,
    complaints: Complaints,
}

/// What it said on standard error.
enum Complaints {
    /// The last of it.
    Last(Arc<Mutex<Vec<u8>>>),
    /// All of it.
    In(PathBuf),
}

impl Process {
    /// Starts `command` and waits for its first line on standard output.
    ///
    /// # Errors
    /// It cannot be started, ends without a line, or says nothing for 60 seconds.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let mut process = Self::spawn(name, command, None)?;
        let line = process.first_line.recv_timeout(START).ok();
        process.greeting = line.ok_or_else(|| process.failed("did not say that it is ready"))?;
        Ok(process)
    }

    /// Starts `command` and does not wait. What it says on standard error is appended to `log`, if
    /// there is one.
    ///
    /// # Errors
    /// It cannot be started, or the log not be written.
    pub(crate) fn spawn(name: &str, command: &mut Command, log: Option<&Path>) -> Result<Self> {
        let stderr = match log {
            Some(path) => File::options().append(true).create(true).open(path)?.into(),
            None => Stdio::piped(),
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let first_line = child.stdout.take().map(read_lines);
        let first_line = first_line.context("a process without its standard output")?;
        let complaints = match log {
            Some(path) => Complaints::In(path.to_path_buf()),
            None => Complaints::Last(child.stderr.take().map(keep_last).unwrap_or_default()),
        };
        Ok(Self { name: name.to_owned(), child, first_line, greeting: String::new(), complaints })
    }

    /// Waits for its first line, if it has not been heard.
    ///
    /// # Errors
    /// It ends without a line, or says nothing for 60 seconds.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        while self.greeting.is_empty() {
            match self.first_line.try_recv() {
                Ok(line) => self.greeting = line,
                Err(TryRecvError::Empty) if Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Err(_) => return Err(self.failed("did not say that it is ready")),
            }
        }
        Ok(())
    }

    /// Insists that it still runs.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => Err(self.failed(&format!("ended by itself with {status}"))),
            None => Ok(()),
        }
    }

    /// Ends it as a power cut would, with SIGKILL.
    ///
    /// # Errors
    /// It had ended before, by itself.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.still_runs()?;
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Its first line, without the line break.
    pub(crate) fn greeting(&self) -> &str {
        &self.greeting
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator would, with SIGTERM.
    ///
    /// # Errors
    /// It did not end within 20 seconds, or not of its own will.
    pub(crate) fn stop(mut self) -> Result<()> {
        match self.end()? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.failed(&format!("ended with {status}"))),
            None => bail!("{} did not end within {STOP:?} of SIGTERM", self.name),
        }
    }

    /// How it ended, or `None` when it had to be killed.
    fn end(&mut self) -> std::io::Result<Option<ExitStatus>> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(Some(status));
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)?;
        }
        let deadline = Instant::now() + STOP;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(LOOK_EVERY);
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(None)
    }

    fn failed(&self, how: &str) -> anyhow::Error {
        let complaints = match &self.complaints {
            Complaints::Last(kept) => kept.lock().clone(),
            Complaints::In(path) => fs::read(path).unwrap_or_default(),
        };
        let last = &complaints[complaints.len().saturating_sub(KEPT_COMPLAINTS)..];
        anyhow!("{} {how}; its last words:\n{}", self.name, String::from_utf8_lossy(last))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{} may still be running: {error}", self.name);
        }
    }
}

/// Hands over the first line; reads the others away, so that their writer never waits.
fn read_lines(output: ChildStdout) -> Receiver<String> {
    let (first, received) = sync_channel(1);
    thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        if let Some(line) = lines.next() {
            // Nobody waits for a line that comes too late.
            let _late = first.send(line);
        }
        drop(first);
        lines.for_each(drop);
    });
    received
}

fn keep_last(mut output: ChildStderr) -> Arc<Mutex<Vec<u8>>> {
    let kept = Arc::<Mutex<Vec<u8>>>::default();
    let keep = Arc::clone(&kept);
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut chunk) {
            let mut kept = keep.lock();
            kept.extend_from_slice(&chunk[..length]);
            let surplus = kept.len().saturating_sub(KEPT_COMPLAINTS);
            kept.drain(..surplus);
        }
    });
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Process> {
        Process::start("a shell", Command::new("sh").arg("-c").arg(script))
    }

    #[test]
    fn the_first_line_is_the_greeting() {
        let process =
            shell("trap 'exit 0' TERM; echo ready; echo more; while :; do sleep 0.01; done");
        let process = process.unwrap();
        assert_eq!(process.greeting(), "ready");
        process.stop().unwrap();
    }

    #[test]
    fn an_end_before_the_first_line_is_an_error() {
        let error = shell("exit 1").err().unwrap().to_string();
        assert!(error.starts_with("a shell did not say that it is ready"), "{error}");
    }

    #[test]
    fn an_end_other_than_success_is_an_error() {
        let script = "trap 'echo sorry >&2; exit 3' TERM; echo ready; while :; do sleep 0.01; done";
        let error = shell(script).unwrap().stop().unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[tokio::test]
    async fn a_killed_process_is_gone_and_what_it_said_is_in_its_log() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo sorry >&2; echo ready; exec sleep 600"]);
        let mut process = Process::spawn("a shell", &mut command, Some(log.path())).unwrap();
        process.ready().await.unwrap();
        process.kill().unwrap();
        assert_eq!(process.greeting(), "ready");
        assert_eq!(fs::read_to_string(log.path()).unwrap(), "sorry\n");
        let error = process.kill().unwrap_err().to_string();
        assert!(error.contains("ended by itself") && error.ends_with("sorry\n"), "{error}");
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let process = shell("echo ready; exec sleep 600").unwrap();
        let pid = Pid::from_raw(i32::try_from(process.pid()).unwrap()).unwrap();
        drop(process);
        assert!(rustix::process::test_kill_process(pid).is_err());
    }
}
