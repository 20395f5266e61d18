//! What Postgres says, in the words of the store protocol.

use sqlx::error::DatabaseError;

/// A failure on the way: the protocol's own, or Postgres's.
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

    /// The constraint that a statement would have broken.
    pub(crate) fn constraint(&self) -> Option<&str> {
        match self {
            Self::Sql(error) => error.as_database_error()?.constraint(),
            Self::Store(_) => None,
        }
    }
}

impl From<Error> for store::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error,
            Error::Sql(error) => in_our_words(&error),
        }
    }
}

/// How an error of Postgres, or of the way to it, reads in the protocol.
pub(crate) fn in_our_words(error: &sqlx::Error) -> store::Error {
    match error {
        sqlx::Error::Database(refused) => {
            let text = told(refused.as_ref());
            match refused.code().as_deref() {
                Some(UNTRANSLATABLE | TOO_LONG) => store::Error::Conflict(text),
                Some(code) if passes(code) => store::Error::Unavailable(text),
                _ => store::Error::Corrupt(text),
            }
        }
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::RowNotFound => store::Error::Corrupt(error.to_string()),
        // The way to the server, and waiting for one of the pool's connections.
        _ => store::Error::Unavailable(error.to_string()),
    }
}

fn told(refused: &dyn DatabaseError) -> String {
    let code = refused.code().unwrap_or_default();
    format!("{} (SQLSTATE {code})", refused.message())
}

/// A text that no column can hold, such as one with a zero byte.
const UNTRANSLATABLE: &str = "22021";

/// A text that its column can hold and its index can not.
const TOO_LONG: &str = "54000";

/// Whether the world failed, so that the same call may succeed later: by the classes of SQLSTATE.
fn passes(code: &str) -> bool {
    const CODES: [&str; 3] = [
        "25006", // read_only_sql_transaction: a standby, or a primary that was made read-only
        "25P03", // idle_in_transaction_session_timeout
        "55P03", // lock_not_available: lock_timeout
    ];
    const CLASSES: [&str; 7] = [
        "08", // connection exception
        "28", // invalid authorization: a password that is being changed
        "3D", // the database is not there, or not yet
        "40", // transaction rollback: serialization, deadlock
        "53", // insufficient resources: connections, memory, disk
        "57", // operator intervention: cancelled, shut down, starting up
        "58", // system error outside of Postgres
    ];
    CODES.contains(&code) || code.get(..2).is_some_and(|class| CLASSES.contains(&class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_apart_from_what_will_not() {
        let passing = ["08006", "25006", "40001", "40P01", "53100", "53300", "57014", "57P03"];
        assert!(passing.into_iter().all(passes));
        let lasting = ["22003", "23505", "23514", "25P02", "42P01", "XX001", ""];
        assert!(!lasting.into_iter().any(passes));
    }
}
