//! How our values stand in columns: ids as 16 bytes, amounts and instants as integers.

use std::num::NonZeroU32;
use std::str::FromStr;

use ledger::{
    AccountId, Credits, GrantId, GroupId, Instant, KeyId, LimitId, MemberId, OrgId, ProjectId, Tool,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use store::Rates;

use crate::error::{Error, Result};

/// An id of 128 bits.
pub(crate) trait Id: Copy + Eq + std::hash::Hash {
    fn from_bits(bits: u128) -> Self;
    fn bits(self) -> u128;

    /// As a column has it: big-endian, so that bytes sort as ids do.
    fn blob(self) -> Vec<u8> {
        self.bits().to_be_bytes().to_vec()
    }
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl Id for $id {
            fn from_bits(bits: u128) -> Self {
                Self::from_u128(bits)
            }

            fn bits(self) -> u128 {
                self.as_u128()
            }
        }
    )*};
}

ids!(OrgId, MemberId, GroupId, ProjectId, KeyId, GrantId, LimitId, AccountId);

impl Id for u128 {
    fn from_bits(bits: u128) -> Self {
        bits
    }

    fn bits(self) -> u128 {
        self
    }
}

/// A count as a column has it; what is beyond `i64::MAX` stays there.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A list of tools as a column has it: a JSON array, or NULL for any.
pub(crate) fn tools(tools: Option<&Vec<Tool>>) -> Option<String> {
    let json =
        |tools: &Vec<Tool>| serde_json::Value::from_iter(tools.iter().map(Tool::name)).to_string();
    tools.map(json)
}

/// A list of texts as a column has it: a JSON array, or NULL for any.
pub(crate) fn texts<T: ToString>(texts: Option<&Vec<T>>) -> Option<String> {
    let json =
        |texts: &Vec<T>| serde_json::Value::from_iter(texts.iter().map(T::to_string)).to_string();
    texts.map(json)
}

/// Rates as three columns have them: in a second, in a minute, and at a time; NULL for any.
pub(crate) fn rates(rates: Rates) -> [Option<u32>; 3] {
    [rates.per_second, rates.per_minute, rates.concurrent].map(|rate| rate.map(NonZeroU32::get))
}

/// A JSON array of ids, for statements that take many.
pub(crate) fn hex_list<T: Id>(ids: impl IntoIterator<Item = T>) -> String {
    let ids = ids.into_iter().map(|id| format!("\"{:032x}\"", id.bits()));
    format!("[{}]", ids.collect::<Vec<_>>().join(","))
}

/// Reading our values from a row.
pub(crate) trait Columns {
    fn integer(&self, column: &str) -> Result<i64>;
    fn integer_or_none(&self, column: &str) -> Result<Option<i64>>;
    fn text(&self, column: &str) -> Result<String>;
    fn text_or_none(&self, column: &str) -> Result<Option<String>>;
    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>>;

    fn count(&self, column: &str) -> Result<u64> {
        let value = self.integer(column)?;
        u64::try_from(value).map_err(|_| Error::corrupt(format!("{column} is {value}")))
    }

    fn small<T: TryFrom<i64>>(&self, column: &str) -> Result<T> {
        let value = self.integer(column)?;
        T::try_from(value).map_err(|_| Error::corrupt(format!("{column} is {value}")))
    }

    fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.integer(column)? != 0)
    }

    fn credits(&self, column: &str) -> Result<Credits> {
        let micros = self.count(column)?;
        Credits::from_micros(micros)
            .ok_or_else(|| Error::corrupt(format!("{column} is beyond every amount of credits")))
    }

    fn instant(&self, column: &str) -> Result<Instant> {
        Ok(Instant::from_micros(self.integer(column)?))
    }

    fn instant_or_none(&self, column: &str) -> Result<Option<Instant>> {
        Ok(self.integer_or_none(column)?.map(Instant::from_micros))
    }

    fn rate(&self, column: &str) -> Result<Option<NonZeroU32>> {
        let Some(value) = self.integer_or_none(column)? else { return Ok(None) };
        let rate = u32::try_from(value).ok().and_then(NonZeroU32::new);
        rate.map(Some).ok_or_else(|| Error::corrupt(format!("{column} is {value}")))
    }

    fn rates(&self) -> Result<Rates> {
        Ok(Rates {
            per_second: self.rate("rate_per_second")?,
            per_minute: self.rate("rate_per_minute")?,
            concurrent: self.rate("rate_concurrent")?,
        })
    }

    fn array<const N: usize>(&self, column: &str) -> Result<[u8; N]> {
        let bytes = self.bytes(column)?.unwrap_or_default();
        <[u8; N]>::try_from(bytes).map_err(|bytes| {
            Error::corrupt(format!("{column} has {} bytes instead of {N}", bytes.len()))
        })
    }

    fn id<T: Id>(&self, column: &str) -> Result<T> {
        Ok(T::from_bits(u128::from_be_bytes(self.array(column)?)))
    }

    /// The id, or none where the column is NULL or empty.
    fn id_or_none<T: Id>(&self, column: &str) -> Result<Option<T>> {
        let absent = self.bytes(column)?.is_none_or(|bytes| bytes.is_empty());
        if absent { Ok(None) } else { self.id(column).map(Some) }
    }

    /// What `from_name` finds under the column's text.
    fn named<T>(&self, column: &str, from_name: impl Fn(&str) -> Option<T>) -> Result<T> {
        let name = self.text(column)?;
        from_name(&name).ok_or_else(|| Error::corrupt(format!("{column} is `{name}`")))
    }

    fn tools(&self, column: &str) -> Result<Option<Vec<Tool>>> {
        let names: Option<Vec<String>> = self.texts(column)?;
        Ok(names.map(|names| names.iter().map(|name| Tool::new(name)).collect()))
    }

    /// What each text of a JSON array stands for, or none where the column is NULL.
    fn texts<T: FromStr>(&self, column: &str) -> Result<Option<Vec<T>>> {
        let Some(json) = self.text_or_none(column)? else { return Ok(None) };
        let texts: Vec<String> = serde_json::from_str(&json)
            .map_err(|error| Error::corrupt(format!("{column}: {error}")))?;
        let parsed = texts
            .iter()
            .map(|text| text.parse().map_err(|_| Error::corrupt(format!("{column} has `{text}`"))));
        parsed.collect::<Result<_>>().map(Some)
    }
}

impl Columns for SqliteRow {
    fn integer(&self, column: &str) -> Result<i64> {
        Ok(self.try_get(column)?)
    }

    fn integer_or_none(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: &str) -> Result<String> {
        Ok(self.try_get(column)?)
    }

    fn text_or_none(&self, column: &str) -> Result<Option<String>> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.try_get(column)?)
    }
}
