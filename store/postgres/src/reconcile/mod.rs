//! Whether everything in the database adds up, as of one state of it.
//!
//! Each rule is a statement of its own: it adds up again, from the rows that caused it, what is told in
//! another place, and comes with what is to be compared. Events never leave the database.

mod open;
mod rules;

use std::future::poll_fn;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};
use store::{Check, Checked, Difference, Reconciliation};

use crate::column::Columns;
use crate::error::{Error, Result};
use crate::session::Session;
use rules::Rule;

/// As of the one state that the session reads.
pub(crate) async fn reconcile(session: &mut Session) -> Result<Reconciliation> {
    let mut checks = Vec::with_capacity(Check::ALL.len());
    for check in Check::ALL {
        checks.push(checked(session, check).await?);
    }
    let in_doubt = open::in_doubt(session).await?;
    let indeterminate = open::indeterminate(session).await?;
    Ok(Reconciliation { checks, in_doubt, indeterminate })
}

async fn checked(session: &mut Session, check: Check) -> Result<Checked> {
    let rules = rules::of(check);
    let counts = rules.iter().any(|rule| matches!(rule, Rule::Things(_)));
    let mut checked = if counts { Checked::of_things(check) } else { Checked::of_credits(check) };
    for rule in rules {
        match rule {
            Rule::Sums(statement) => compare(session, &mut checked, statement).await?,
            Rule::Things(statement) => count(session, &mut checked, statement).await?,
            Rule::Differences(statement) => differ(session, &mut checked, statement).await?,
            Rule::ForeignKeys(statement) => name_rows(session, &mut checked, statement).await?,
        }
    }
    Ok(checked)
}

async fn compare(
    session: &mut Session,
    checked: &mut Checked,
    statement: &'static str,
) -> Result<()> {
    let mut rows = sqlx::query(statement).fetch(&mut *session);
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await.transpose()? {
        let (expected, found) = (sum(&row, "expected")?, sum(&row, "found")?);
        let about = row.text("about")?;
        // Every sum is of credits, but for some of those that say what they are.
        if row.try_get("in_credits").unwrap_or(true) {
            checked.compare(|| about, expected, found);
        } else {
            checked.differ(about, expected.to_string(), found.to_string());
        }
    }
    Ok(())
}

fn sum(row: &PgRow, column: &str) -> Result<i128> {
    let text = row.text(column)?;
    text.parse().map_err(|_| Error::corrupt(format!("a sum of {column} is {text}")))
}

async fn count(
    session: &mut Session,
    checked: &mut Checked,
    statement: &'static str,
) -> Result<()> {
    let (mut things, mut wrong) = (0, Vec::new());
    for row in sqlx::query(statement).fetch_all(session).await? {
        things += row.count("things")?;
        if row.text_or_none("about")?.is_some() {
            wrong.push(difference(&row)?);
        }
    }
    // A thing may be wrong in two ways.
    let right = things.saturating_sub(u64::try_from(wrong.len()).unwrap_or(u64::MAX));
    (0..right).for_each(|_| checked.count(None));
    wrong.into_iter().for_each(|difference| checked.count(Some(difference)));
    Ok(())
}

async fn differ(
    session: &mut Session,
    checked: &mut Checked,
    statement: &'static str,
) -> Result<()> {
    for row in sqlx::query(statement).fetch_all(session).await? {
        let Difference { about, expected, found } = difference(&row)?;
        checked.differ(about, expected, found);
    }
    Ok(())
}

fn difference(row: &PgRow) -> Result<Difference> {
    let (about, expected, found) = (row.text("about")?, row.text("expected")?, row.text("found")?);
    Ok(Difference { about, expected, found })
}

async fn name_rows(
    session: &mut Session,
    checked: &mut Checked,
    statement: &'static str,
) -> Result<()> {
    for key in sqlx::query(statement).fetch_all(&mut *session).await? {
        // Made of nothing but the names of our own tables.
        let statement = AssertSqlSafe(key.text("statement")?);
        let nowhere: i64 = sqlx::query_scalar(statement).fetch_one(&mut *session).await?;
        if nowhere > 0 {
            let expected = format!("the row of `{}` that it names", key.text("parent")?);
            let found = format!("{nowhere} rows that name none");
            checked.differ(format!("table `{}`", key.text("child")?), expected, found);
        }
    }
    Ok(())
}
