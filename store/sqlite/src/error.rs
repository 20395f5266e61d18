//! What SQLite says, in the words of the store protocol.

/// A failure on the way: the protocol's own, or SQLite's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What was asked contradicts what is stored.
    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::Store(store::Error::Conflict(text.into()))
    }

    /// What is stored, or reported, cannot be.
    pub(crate) fn corrupt(text: impl Into<String>) -> Self {
        Self::Store(store::Error::Corrupt(text.into()))
    }
}

impl From<Error> for store::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error,
            Error::Sql(error) => Self::from_sql(&error),
        }
    }
}

/// How an error of SQLite reads in the protocol.
trait FromSql {
    fn from_sql(error: &sqlx::Error) -> Self;
}

impl FromSql for store::Error {
    fn from_sql(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refused) if !passes(primary_code(error)) => {
                Self::Corrupt(refused.message().to_owned())
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::RowNotFound => Self::Corrupt(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// SQLite's result code without its details; 0 where the error is none of SQLite's.
pub(crate) fn primary_code(error: &sqlx::Error) -> u32 {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).unwrap_or(0) & 0xff
}

pub(crate) const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_NOMEM: u32 = 7;
const SQLITE_READONLY: u32 = 8;
const SQLITE_INTERRUPT: u32 = 9;
const SQLITE_IOERR: u32 = 10;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_PROTOCOL: u32 = 15;

/// Whether the world failed, so that the same statement may succeed later.
fn passes(code: u32) -> bool {
    matches!(
        code,
        SQLITE_BUSY
            | SQLITE_LOCKED
            | SQLITE_NOMEM
            | SQLITE_READONLY
            | SQLITE_INTERRUPT
            | SQLITE_IOERR
            | SQLITE_FULL
            | SQLITE_CANTOPEN
            | SQLITE_PROTOCOL
    )
}
