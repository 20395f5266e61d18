//! Charges as columns of `usage_events`.

use std::fmt::Display;

use ledger::{Charge, Line, Unit};
use store::ending_name;

use super::charge::Query;
use crate::column::{Id, count};

/// Binds an array for every column, in the order of the statement.
pub(super) fn bind<'a>(query: Query<'a>, charges: &'a [Charge]) -> Query<'a> {
    let query = query
        .bind(column(charges, |it| it.org.uuid()))
        .bind(column(charges, |it| i64::from(it.hold.epoch.0)))
        .bind(column(charges, |it| count(it.hold.n)))
        .bind(column(charges, |it| it.admitted.micros()))
        .bind(column(charges, |it| it.ended.micros()))
        .bind(column(charges, |it| it.member.uuid()))
        .bind(column(charges, |it| it.key.map(Id::uuid)))
        .bind(column(charges, |it| it.group.map(Id::uuid)))
        .bind(column(charges, |it| it.project.map(Id::uuid)))
        .bind(column(charges, |it| it.surface.name()))
        .bind(column(charges, |it| it.tool.name()))
        .bind(column(charges, |it| &*it.provider))
        .bind(column(charges, |it| &*it.model))
        .bind(column(charges, |it| ending_name(it.ending)))
        .bind(column(charges, |it| i32::from(it.status)));
    let query = Unit::ALL
        .into_iter()
        .fold(query, |query, unit| query.bind(column(charges, |it| count(it.usage.get(unit)))));
    query
        .bind(column(charges, |it| count(it.outputs)))
        .bind(column(charges, |it| it.held.micros_i64()))
        .bind(column(charges, |it| it.charged.micros_i64()))
        .bind(column(charges, |it| it.overrun.micros_i64()))
        .bind(column(charges, |it| array(it, |line| line.account.uuid())))
        .bind(column(charges, |it| array(it, |line| line.amount.micros())))
        .bind(column(charges, |it| &*it.price_book))
        .bind(column(charges, |it| it.body_hash.as_slice()))
}

fn column<'a, T>(charges: &'a [Charge], of: impl Fn(&'a Charge) -> T) -> Vec<T> {
    charges.iter().map(of).collect()
}

/// The lines that paid something as an array within the array: as text, since arrays of arrays have
/// one length.
fn array<T: Display>(charge: &Charge, of: impl Fn(&Line) -> T) -> String {
    let lines = charge.lines.iter().filter(|line| !line.amount.is_zero());
    let items: Vec<_> = lines.map(|line| of(line).to_string()).collect();
    format!("{{{}}}", items.join(","))
}
