//! Opening the file: whose it is, what is in it, and how it is written.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection, SqlitePool};
use store::{Error, Result};

use crate::error::{SQLITE_BUSY, primary_code};
use crate::writer::Writer;

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// In the header of each of our files, so that no other program's is taken for one: "Burs".
pub(crate) const APPLICATION_ID: i32 = 0x4275_7273;
/// SQLite's result codes for a file that is damaged, and for one that never was a database.
const DAMAGED: [u32; 2] = [11, 26];
/// How long a statement waits for another process, such as a backup, to let go of the file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
const READERS: u32 = 4;
/// Rows that a connection may read ahead: more switches between threads cost more than the memory.
const ROWS: usize = 1_024;
/// Of each connection, in KiB, negated as SQLite wants it: 32 MiB.
const CACHE: &str = "-32768";
/// Pages of the log after which it is copied into the file: 16 MiB.
const CHECKPOINT: &str = "4096";

/// The connections of a store, and the lock that keeps every other gateway out.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) writer: Writer,
    pub(crate) readers: SqlitePool,
    /// Let go when the file is closed.
    pub(crate) lock: File,
}

/// Opens the file for one gateway, makes it where there is none, and brings its tables up to date.
pub(crate) async fn open(path: &Path) -> Result<Opened> {
    let lock = lock(path)?;
    create(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT)
        .row_buffer_size(ROWS)
        .statement_cache_capacity(256)
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| unreadable(path, &error))?;
    recognise(path, &mut connection).await?;
    MIGRATIONS.run(&mut connection).await.map_err(|error| unmigrated(path, &error))?;
    // Connections stay: what they have prepared is worth more than what they cost.
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.clone().read_only(true));
    Ok(Opened { writer: Writer::new(options, connection), readers, lock })
}

/// Takes the lock beside the file, for as long as the returned handle lives.
fn lock(path: &Path) -> Result<File> {
    let lock_path = beside(path, ".lock");
    let unusable = |error: std::io::Error| {
        Error::Unavailable(format!("cannot lock {}: {error}", lock_path.display()))
    };
    let lock = private().truncate(false).open(&lock_path).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(format!(
            "another gateway has {} open; stop it first, give this one a file of its own, \
             or use Postgres for several gateways",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Makes the file where there is none, readable by its owner only.
fn create(path: &Path) -> Result<()> {
    let unusable =
        |error| Error::Unavailable(format!("cannot open the store {}: {error}", path.display()));
    private().truncate(false).open(path).map(drop).map_err(unusable)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Refuses the database of another program; marks an empty one as ours.
async fn recognise(path: &Path, connection: &mut SqliteConnection) -> Result<()> {
    let unreadable = |error: sqlx::Error| unreadable(path, &error);
    let id: i32 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(unreadable)?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(unreadable)?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    if tables > 0 {
        return Err(another_programs(path));
    }
    let mark = sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
    sqlx::query(mark).execute(connection).await.map(drop).map_err(unreadable)
}

pub(crate) fn another_programs(path: &Path) -> Error {
    let path = path.display();
    Error::Corrupt(format!("{path} is the database of another program; name another file"))
}

pub(crate) fn unreadable(path: &Path, error: &sqlx::Error) -> Error {
    let path = path.display();
    match primary_code(error) {
        code if DAMAGED.contains(&code) => Error::Corrupt(format!(
            "{path} is damaged or no database ({error}); restore it from a backup, or name another \
             file"
        )),
        SQLITE_BUSY => Error::Unavailable(format!(
            "{path} is locked by another program, such as a backup or a database browser; try again \
             when it has ended"
        )),
        _ => Error::Unavailable(format!("cannot open the store {path}: {error}")),
    }
}

fn unmigrated(path: &Path, error: &MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => newer(path),
        MigrateError::VersionMismatch(version) => other_migration(path, *version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            unreadable(path, error)
        }
        _ => Error::Unavailable(format!("cannot prepare {}: {error}", path.display())),
    }
}

pub(crate) fn newer(path: &Path) -> Error {
    let path = path.display();
    Error::Conflict(format!("{path} was written by a newer version of Bursar; use that one"))
}

pub(crate) fn other_migration(path: &Path, version: i64) -> Error {
    Error::Corrupt(format!(
        "{}: its tables were made by another migration {version} than this version's",
        path.display()
    ))
}
