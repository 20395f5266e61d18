//! Opening the file to look at it: beside the gateway that has it, or while nobody has.
//!
//! SQLite reads a file in WAL mode through two others beside it, and makes them where they are
//! missing, even to read. While nobody has the file open there is nothing in them, so the file is
//! read alone, as if it could not change; whoever reads it so asks afterwards whether it has.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sqlx::migrate::Migration;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Row, SqliteConnection, SqlitePool};
use store::{Error, Result};

use crate::open::{
    APPLICATION_ID, BUSY_TIMEOUT, MIGRATIONS, another_programs, beside, newer, other_migration,
    unreadable,
};

const READERS: u32 = 2;

/// The connections that read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) readers: SqlitePool,
    /// What the file was like, if nobody had it open.
    pub(crate) rest: Option<AtRest>,
}

pub(crate) async fn open(path: &Path) -> Result<Opened> {
    let rest = AtRest::of(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(rest.is_some())
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "ON")
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| unreadable(path, &error))?;
    recognise(path, &mut connection).await?;
    require_these_tables(path, &mut connection).await?;
    // Whoever reads opens the file anew.
    let _ = connection.close().await;
    let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options);
    Ok(Opened { readers, rest })
}

/// A file that nobody had open, as it was then.
#[derive(Debug)]
pub(crate) struct AtRest {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl AtRest {
    /// `None` for a file that somebody has open, or had when the process died.
    fn of(path: &Path) -> Result<Option<Self>> {
        let missing = |error: std::io::Error| {
            Error::Unavailable(format!(
                "cannot open the store {}: {error}; name the file of a store",
                path.display()
            ))
        };
        let metadata = fs::metadata(path).map_err(missing)?;
        Ok(log_is_empty(path).then(|| Self {
            path: path.to_owned(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }))
    }

    /// # Errors
    /// The file may have been written to since.
    pub(crate) fn require(&self) -> Result<()> {
        let same = |metadata: Metadata| {
            (metadata.len(), metadata.modified().ok()) == (self.length, self.modified)
        };
        if fs::metadata(&self.path).is_ok_and(same) && log_is_empty(&self.path) {
            return Ok(());
        }
        Err(Error::Unavailable(format!(
            "a gateway opened {} while it was being read; run this again",
            self.path.display()
        )))
    }
}

/// Whether there is no log beside the file, or nothing in it and nobody to write to it.
fn log_is_empty(path: &Path) -> bool {
    match fs::metadata(beside(path, "-wal")) {
        Ok(log) => log.len() == 0 && !beside(path, "-shm").exists(),
        Err(_) => true,
    }
}

/// Refuses the database of another program, and an empty one.
async fn recognise(path: &Path, connection: &mut SqliteConnection) -> Result<()> {
    let row = sqlx::query(
        "SELECT (SELECT application_id FROM pragma_application_id) AS id,
             (SELECT count(*) FROM sqlite_schema) AS tables",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| unreadable(path, &error))?;
    let id: i32 = row.try_get("id").map_err(|error| unreadable(path, &error))?;
    let tables: i64 = row.try_get("tables").map_err(|error| unreadable(path, &error))?;
    match (id, tables) {
        (APPLICATION_ID, 1..) => Ok(()),
        (0 | APPLICATION_ID, 0) => Err(Error::Corrupt(format!(
            "{} is empty: no gateway has made a store of it yet",
            path.display()
        ))),
        _ => Err(another_programs(path)),
    }
}

/// Refuses tables that are not exactly those of this version.
async fn require_these_tables(path: &Path, connection: &mut SqliteConnection) -> Result<()> {
    let made: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| unreadable(path, &error))?;
    let wanted: Vec<&Migration> = MIGRATIONS.iter().collect();
    for (version, checksum) in &made {
        match wanted.iter().find(|migration| migration.version == *version) {
            None => return Err(newer(path)),
            Some(migration) if migration.checksum != *checksum => {
                return Err(other_migration(path, *version));
            }
            Some(_) => {}
        }
    }
    if made.len() == wanted.len() {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "{} was written by an older version of Bursar; use that one, or start a gateway of this \
         version on it first, which brings its tables up to date",
        path.display()
    )))
}
