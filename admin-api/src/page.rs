//! Lists, a page at a time: the items after a cursor, in order of their ids.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Serialize;

use crate::problem::{Mistake, Problem};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

/// Which part of a list is asked for: `?limit=50&cursor=...`.
#[derive(Debug)]
pub(crate) struct PageQuery {
    limit: usize,
    after: Option<Cursor>,
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

impl PageQuery {
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
        let mut query = Self { limit: DEFAULT_LIMIT, after: None };
        let (mut seen, mut mistakes) = (Vec::new(), Vec::new());
        for (name, value) in parameters {
            let read = match name.as_str() {
                _ if seen.contains(&name) => Err("is there more than once"),
                "limit" => limit(&value).map(|limit| query.limit = limit),
                "cursor" => cursor(&value).map(|cursor| query.after = Some(cursor)),
                _ => Err("is not a parameter of this list; it has limit and cursor"),
            };
            mistakes.extend(read.err().map(|message| Mistake::new(name.as_str(), message)));
            seen.push(name);
        }
        if mistakes.is_empty() { Ok(query) } else { Err(Problem::invalid_request(mistakes)) }
    }
}

fn limit(value: &str) -> Result<usize, &'static str> {
    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or("must be a whole number from 1 to 100")
}

fn cursor(value: &str) -> Result<Cursor, &'static str> {
    Cursor::parse(value).ok_or("must be the `next_cursor` of an earlier answer, unchanged")
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<Vec<(String, String)>>, _> =
            Query::from_request_parts(parts, state).await;
        let Query(parameters) =
            query.map_err(|rejection| Problem::mistake("query", rejection.body_text()))?;
        Self::read(parameters)
    }
}
