//! Whom tokens are for, and of which type they are.

use crate::place::Place;
use crate::problem::Report;
use crate::raw::{Field, Text};

use super::{check_plain, check_word};

pub(super) fn check_audiences(
    raw: &Field<Vec<Field<Text>>>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Box<str>>> {
    check_list(raw.given()?, place, report, |text| check_plain(text).map(str::to_owned))
}

pub(super) fn check_types(
    raw: &Field<Vec<Field<Text>>>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Box<str>>> {
    let default = vec!["jwt".into(), "at+jwt".into()];
    raw.check_or(default, |raw| {
        check_list(raw, place, report, |text| {
            // A media type without a slash stands for one below `application/` (RFC 7515, 4.1.9).
            let word = check_word(text)?.to_ascii_lowercase();
            Ok(word.strip_prefix("application/").unwrap_or(&word).to_owned())
        })
    })
}

/// Checks a list that has something and nothing twice.
fn check_list(
    raw: &[Field<Text>],
    place: &Place,
    report: &mut Report<'_>,
    check: impl Fn(&Text) -> Result<String, &'static str>,
) -> Option<Vec<Box<str>>> {
    let mut list: Vec<Box<str>> = Vec::new();
    for (index, text) in raw.iter().enumerate() {
        let place = place.index(index);
        let Some(text) = text.given().and_then(|text| report.check(&place, check(text))) else {
            continue;
        };
        if list.iter().any(|other| **other == *text) {
            report.add(&place, "is listed already");
        }
        list.push(text.into());
    }
    (!list.is_empty() && list.len() == raw.len()).then_some(list)
}
