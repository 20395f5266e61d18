//! What a single value of a body has to be.

use std::collections::BTreeSet;
use std::str::FromStr;

use ledger::{Credits, Instant, ParseIdError, Period, Surface, Tool};
use serde_json::Value;

use crate::time;

/// The value as a text.
///
/// # Errors
/// That it should be one.
pub(crate) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".to_owned())
}

/// The value as `true` or `false`.
///
/// # Errors
/// That it should be one of them.
pub(crate) fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

/// The value as an amount of credits.
///
/// # Errors
/// That it should be one.
pub(crate) fn credits(value: &Value) -> Result<Credits, String> {
    let text = value.as_str().ok_or("must be a decimal string such as \"12.5\"")?;
    text.parse().map_err(|error| format!("{error}"))
}

/// The value as a point in time.
///
/// # Errors
/// What it should look like.
pub(crate) fn instant(value: &Value) -> Result<Instant, String> {
    time::parse(text(value)?)
}

/// Reads a point in time that is after `now`.
pub(crate) fn future(now: Instant) -> impl Fn(&Value) -> Result<Instant, String> {
    move |value| {
        let later = Some(instant(value)?).filter(|at| *at > now);
        later.ok_or_else(|| "must be after now".to_owned())
    }
}

const MAX_NAME: usize = 200;

/// The value as what people call something: one line.
///
/// # Errors
/// What it should be.
pub(crate) fn name(value: &Value) -> Result<String, String> {
    let name = text(value)?.trim();
    if !(1..=MAX_NAME).contains(&name.len()) || name.chars().any(char::is_control) {
        return Err(format!("must be a line of 1 to {MAX_NAME} bytes"));
    }
    Ok(name.to_owned())
}

/// The value as the name of a tool. Which tools there are, a gateway's config says.
///
/// # Errors
/// What it should look like.
pub(crate) fn tool(value: &Value) -> Result<Tool, String> {
    let name = text(value)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (1..=64).contains(&name.len()) && name.bytes().all(plain);
    let wrong = || "must be a name of 1 to 64 lower-case letters, digits and -".to_owned();
    good.then(|| Tool::new(name)).ok_or_else(wrong)
}

/// The value as a period.
///
/// # Errors
/// Which there are.
pub(crate) fn period(value: &Value) -> Result<Period, String> {
    Period::from_name(text(value)?)
        .ok_or_else(|| format!("must be one of {}", Period::ALL.map(Period::name).join(", ")))
}

/// The value as a surface.
///
/// # Errors
/// Which there are.
pub(crate) fn surface(value: &Value) -> Result<Surface, String> {
    Surface::from_name(text(value)?)
        .ok_or_else(|| format!("must be one of {}", Surface::ALL.map(Surface::name).join(", ")))
}

const MAX_CLAIM: usize = 1_000;

/// The value as a claim of a token: compared exactly, so that nothing is trimmed.
///
/// # Errors
/// What it should be.
pub(crate) fn claim(value: &Value) -> Result<String, String> {
    let claim = text(value)?;
    if !(1..=MAX_CLAIM).contains(&claim.len()) || claim.chars().any(char::is_control) {
        return Err(format!("must be 1 to {MAX_CLAIM} bytes, as tokens have it"));
    }
    Ok(claim.to_owned())
}

/// Reads the id of one that the organisation has, each at most once.
pub(crate) fn one_of<I>(known: BTreeSet<I>, what: &str) -> impl FnMut(&Value) -> Result<I, String>
where
    I: FromStr<Err = ParseIdError> + Ord + Copy,
{
    let mut listed = BTreeSet::new();
    move |value| {
        let id: I = text(value)?.parse().map_err(|error: ParseIdError| error.to_string())?;
        match (known.contains(&id), listed.insert(id)) {
            (false, _) => Err(format!("the organisation has no such {what}")),
            (true, false) => Err("is listed twice".to_owned()),
            (true, true) => Ok(id),
        }
    }
}
