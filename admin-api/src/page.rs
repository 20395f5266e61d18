//! Lists, a page at a time: the items after a cursor, in order of their ids.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Serialize;

use crate::problem::{Mistake, Problem};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

/// Which part of a list is asked for: `?limit=50&cursor=...`, and which of its items.
#[derive(Debug)]
pub(crate) struct PageQuery<F = ()> {
    limit: usize,
    after: Option<Cursor>,
    pub(crate) filter: F,
}

/// The parameters of a list that say which of its items are meant.
pub(crate) trait Filter: Default {
    /// What they are called.
    const NAMES: &'static [&'static str];

    /// Takes one of them in.
    ///
    /// # Errors
    /// What its value should be.
    fn read(&mut self, name: &str, value: &str) -> Result<(), String>;
}

impl Filter for () {
    const NAMES: &'static [&'static str] = &[];

    fn read(&mut self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// A place in a list: the bits of the last id before it.
#[derive(Clone, Copy, Debug)]
struct Cursor(u128);

impl Cursor {
    const PREFIX: &str = "cur_";

    fn print(self) -> String {
        format!("{}{:032x}", Self::PREFIX, self.0)
    }

    /// Only what [`Cursor::print`] prints is a cursor.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let cursor = Self(u128::from_str_radix(digits, 16).ok()?);
        (cursor.print() == text).then_some(cursor)
    }
}

/// A part of a list on the wire.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
    has_more: bool,
}

impl<T> Page<T> {
    /// The same part, each item put another way.
    pub(crate) fn map<U>(self, put: impl FnMut(T) -> U) -> Page<U> {
        let data = self.data.into_iter().map(put).collect();
        Page { data, next_cursor: self.next_cursor, has_more: self.has_more }
    }
}

impl<F: Filter> PageQuery<F> {
    /// The part that is asked for of `all`, which is in order of the ids that `id` gives.
    pub(crate) fn of<T>(&self, all: impl IntoIterator<Item = T>, id: fn(&T) -> u128) -> Page<T> {
        let after = self.after.map(|cursor| cursor.0);
        let mut rest = all.into_iter().filter(|item| after.is_none_or(|after| id(item) > after));
        let data: Vec<T> = rest.by_ref().take(self.limit).collect();
        let has_more = rest.next().is_some();
        let last = data.last().filter(|_| has_more);
        let next_cursor = last.map(|item| Cursor(id(item)).print());
        Page { data, next_cursor, has_more }
    }

    fn read(parameters: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut query = Self { limit: DEFAULT_LIMIT, after: None, filter: F::default() };
        let (mut seen, mut mistakes) = (Vec::new(), Vec::new());
        for (name, value) in parameters {
            let read = match name.as_str() {
                _ if seen.contains(&name) => Err("is there more than once".to_owned()),
                "limit" => limit(&value).map(|limit| query.limit = limit),
                "cursor" => cursor(&value).map(|cursor| query.after = Some(cursor)),
                name if F::NAMES.contains(&name) => query.filter.read(name, &value),
                _ => Err(unknown(F::NAMES)),
            };
            mistakes.extend(read.err().map(|message| Mistake::new(name.as_str(), message)));
            seen.push(name);
        }
        if mistakes.is_empty() { Ok(query) } else { Err(Problem::invalid_request(mistakes)) }
    }
}

fn limit(value: &str) -> Result<usize, String> {
    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| "must be a whole number from 1 to 100".to_owned())
}

fn cursor(value: &str) -> Result<Cursor, String> {
    let unchanged = || "must be the `next_cursor` of an earlier answer, unchanged".to_owned();
    Cursor::parse(value).ok_or_else(unchanged)
}

fn unknown(filters: &[&str]) -> String {
    let names = [&["limit", "cursor"], filters].concat();
    format!("is not a parameter of this list; it has {}", names.join(", "))
}

impl<S: Send + Sync, F: Filter> FromRequestParts<S> for PageQuery<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<Vec<(String, String)>>, _> =
            Query::from_request_parts(parts, state).await;
        let Query(parameters) =
            query.map_err(|rejection| Problem::mistake("query", rejection.body_text()))?;
        Self::read(parameters)
    }
}
