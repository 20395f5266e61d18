//! The numbers of the feed of changes.

use sqlx::SqliteConnection;
use store::{Check, Difference};

use super::books::Books;
use crate::column::Columns;
use crate::error::Result;

/// No change is numbered beyond the last that was counted.
pub(super) async fn check(connection: &mut SqliteConnection, books: &mut Books) -> Result<()> {
    let row = sqlx::query(
        "SELECT change_seq, (SELECT ifnull(max(seq), 0) FROM changes) AS last FROM meta",
    )
    .fetch_one(connection)
    .await?;
    let (counted, last) = (row.count("change_seq")?, row.count("last")?);
    let ahead = (last > counted).then(|| Difference {
        about: "the feed of changes".to_owned(),
        expected: format!("change {counted} as its last"),
        found: format!("change {last}"),
    });
    books.of(Check::Sequence).count(ahead);
    Ok(())
}
