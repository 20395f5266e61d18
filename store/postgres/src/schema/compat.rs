//! Whoever starts looks at the tables: a binary is as old as the last migration that is compiled into
//! it. It runs on its own tables, on those of the release before, and on newer ones for as long as
//! they say that they still serve it.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::migrate::Migrator;
use store::{Error, Result};

use super::{migrations, other_migration};
use crate::error;
use crate::session::Session;

/// The last migration that this binary cannot do without: the last one of the release before, once
/// there is one.
const NEEDED: i64 = 8;

/// Refuses tables on which this binary cannot work.
pub(crate) async fn require_usable(session: &mut Session) -> error::Result<()> {
    let is_there: bool = sqlx::query_scalar(
        "SELECT to_regclass('schema_compat') IS NOT NULL AND to_regclass('_sqlx_migrations') IS NOT NULL",
    )
    .fetch_one(&mut *session)
    .await?;
    if !is_there {
        return Err(outdated("the store has no tables yet").into());
    }
    let rows = sqlx::query("SELECT version, checksum FROM _sqlx_migrations WHERE success")
        .fetch_all(&mut *session)
        .await?;
    let mut applied = BTreeMap::new();
    for row in rows {
        applied.insert(row.try_get("version")?, row.try_get("checksum")?);
    }
    let runs_from: i64 =
        sqlx::query_scalar("SELECT runs_from FROM schema_compat").fetch_one(session).await?;
    Ok(judge(&migrations(), NEEDED, &applied, runs_from)?)
}

/// Whether a binary with these migrations, of which it needs some, runs on tables that others were
/// applied to, by version.
fn judge(
    ours: &Migrator,
    needed: i64,
    applied: &BTreeMap<i64, Vec<u8>>,
    runs_from: i64,
) -> Result<()> {
    for migration in ours.iter() {
        match applied.get(&migration.version) {
            None if migration.version > needed => {}
            None => return Err(outdated("the store's tables are of an earlier version")),
            Some(checksum) if *checksum != *migration.checksum => {
                return Err(other_migration(migration.version));
            }
            Some(_) => {}
        }
    }
    let last = ours.iter().map(|migration| migration.version).max().unwrap_or(0);
    if last < runs_from {
        return Err(Error::Conflict(
            "the store's tables are of a newer version of Bursar, on which this one does not run; \
             use that one"
                .to_owned(),
        ));
    }
    Ok(())
}

fn outdated(text: &str) -> Error {
    Error::Conflict(format!("{text}: run `bursar migrate`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied() -> BTreeMap<i64, Vec<u8>> {
        migrations().iter().map(|it| (it.version, it.checksum.to_vec())).collect()
    }

    fn last() -> i64 {
        *applied().last_key_value().unwrap().0
    }

    #[test]
    fn a_binary_runs_on_its_own_tables_and_on_later_ones_that_still_serve_it() {
        let mut applied = applied();
        let judge = |applied: &_, runs_from| judge(&migrations(), NEEDED, applied, runs_from);
        assert!(judge(&applied, 1).is_ok());
        applied.insert(last() + 1, vec![1]);
        assert!(judge(&applied, last()).is_ok());
        let refused = judge(&applied, last() + 1).unwrap_err().to_string();
        assert!(refused.contains("newer version"), "{refused}");
    }

    #[test]
    fn a_binary_runs_on_the_tables_of_the_release_before_and_on_no_earlier_ones() {
        let mut earlier = applied();
        earlier.pop_last();
        assert!(judge(&migrations(), last() - 1, &earlier, 1).is_ok());
        for earlier in [earlier, BTreeMap::new()] {
            let refused = judge(&migrations(), last(), &earlier, 1).unwrap_err().to_string();
            assert!(refused.contains("run `bursar migrate`"), "{refused}");
        }
    }

    #[test]
    fn a_binary_does_not_run_on_tables_that_other_migrations_made() {
        let mut other = applied();
        other.insert(1, vec![1]);
        assert!(matches!(judge(&migrations(), NEEDED, &other, 1), Err(Error::Corrupt(_))));
    }

    #[test]
    fn what_is_needed_is_one_of_the_migrations() {
        assert!(applied().contains_key(&NEEDED));
    }
}
