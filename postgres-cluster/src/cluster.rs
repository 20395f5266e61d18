//! One server in a temporary folder.

use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::num::NonZero;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::binaries::Binaries;
use crate::folder::{encrypted, initdb, password};
use crate::process::{signal, signal_all};
use crate::server::Server;
use crate::user::User;
use crate::watchdog::Watchdog;

/// How long a server may take to be ready: longer than any recovery after a kill in a test.
const READY_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How a cluster is to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is committed survives a power loss. Without it, only the end of the server's processes.
    pub durable: bool,
    /// Connections may be encrypted: the server's certificate and its key, as PEM.
    pub tls: Option<(String, String)>,
    /// More settings, by name.
    pub settings: Vec<(String, String)>,
}

/// How a server is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Connections are cut, everything is written down.
    Fast,
    /// At once; the next start recovers.
    Immediate,
}

/// A server of one's own.
#[derive(Debug)]
pub struct Cluster {
    binaries: Binaries,
    user: User,
    options: Options,
    folder: PathBuf,
    port: u16,
    server: Server,
    /// None while it is stopped.
    running: Option<Child>,
    _watchdog: Watchdog,
}

impl Cluster {
    /// Makes a cluster and starts it; it is ready when this returns.
    ///
    /// # Errors
    /// Where Postgres is not installed, the folder for temporary files is out of reach for the user
    /// that it is to run as, or it does not start; with what its log says.
    pub fn make(options: Options) -> io::Result<Self> {
        let (binaries, user) = (Binaries::find()?, User::find()?);
        let folder = tempfile::Builder::new().prefix("postgres-cluster-").tempdir()?;
        user.give(folder.path())?;
        // From here on the watchdog removes it.
        let folder = folder.keep();
        let watchdog = Watchdog::watch(&folder)?;
        let password = password()?;
        initdb(&binaries, user, &folder, &password)?;
        let options = encrypted(options, user, &folder)?;
        let port = free_port()?;
        let server = Server::new(binaries.clone(), port, password);
        let running = None;
        let mut cluster =
            Self { binaries, user, options, folder, port, server, running, _watchdog: watchdog };
        cluster.start()?;
        Ok(cluster)
    }

    /// The server as clients see it.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The server's process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(Child::id)
    }

    /// Ends the server; what it holds stays.
    ///
    /// # Errors
    /// Where it cannot be told to.
    pub fn stop(&mut self, how: Stop) -> io::Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        let how = match how {
            Stop::Fast => Signal::INT,
            Stop::Immediate => Signal::QUIT,
        };
        signal(&running, how)?;
        running.wait().map(drop)
    }

    /// Kills every process of the server, as `kill -9` does; what is committed stays.
    ///
    /// # Errors
    /// Where it cannot be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        signal_all(&running, Signal::KILL)?;
        running.wait()?;
        // Its number may soon be another process's.
        fs::remove_file(self.data().join("postmaster.pid"))
    }

    /// Starts a server that was stopped or killed, on the same port; it is ready when this returns.
    ///
    /// # Errors
    /// Where it does not start; with what its log says.
    pub fn start(&mut self) -> io::Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let mut running = self.postgres()?.spawn()?;
        let ready = self.until_ready(&mut running);
        self.running = Some(running);
        ready
    }

    /// Stops it and starts it again.
    ///
    /// # Errors
    /// As [`Self::stop`] and [`Self::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop(Stop::Fast)?;
        self.start()
    }

    /// Stops every process of the server in its tracks: connections stay open and nothing answers.
    ///
    /// # Errors
    /// Where it cannot be paused.
    pub fn pause(&self) -> io::Result<()> {
        self.running.as_ref().map_or(Ok(()), |running| signal_all(running, Signal::STOP))
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    /// Where it cannot be let go on.
    pub fn resume(&self) -> io::Result<()> {
        self.running.as_ref().map_or(Ok(()), |running| signal_all(running, Signal::CONT))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn postgres(&self) -> io::Result<Command> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut postgres = self.binaries.command("postgres");
        postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        // Tests run beside each other, as many as there are cores, with a few connections each.
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let connections = (100 + 32 * cores).to_string();
        let durable = if self.options.durable { "on" } else { "off" };
        for (name, value) in [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            ("max_connections", connections.as_str()),
            ("fsync", durable),
            ("full_page_writes", durable),
        ] {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        for (name, value) in &self.options.settings {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // What interrupts the owner's group is the owner's to pass on.
        self.user.run(&mut postgres).process_group(0).current_dir(&self.folder);
        Ok(postgres)
    }

    /// The server writes down that it is ready where its next start looks for it.
    fn until_ready(&self, running: &mut Child) -> io::Result<()> {
        let (pid_file, since) = (self.data().join("postmaster.pid"), Instant::now());
        loop {
            let status = fs::read_to_string(&pid_file).unwrap_or_default();
            let mut lines = status.lines();
            let is_its_own = lines.next() == Some(&running.id().to_string());
            if is_its_own && lines.any(|line| line.trim_end() == "ready") {
                return Ok(());
            }
            if running.try_wait()?.is_some() || since.elapsed() > READY_WITHIN {
                return Err(not_started(&self.log()));
            }
            sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The watchdog ends what does not end by this, and removes the folder.
        let _ = self.resume();
        let _ = self.stop(Stop::Immediate);
    }
}

fn not_started(log: &Path) -> io::Error {
    let log = fs::read_to_string(log).unwrap_or_default();
    io::Error::other(format!("Postgres did not start:\n{log}"))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
