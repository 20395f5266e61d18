//! How our values stand in columns: ids as `uuid`, amounts, instants and counts as `bigint`.

use std::num::NonZeroU32;

use ledger::{
    AccountId, Credits, Epoch, GrantId, GroupId, HoldId, Instant, KeyId, LimitId, MemberId, NodeId,
    OrgId, ProjectId, Tool,
};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use store::Rates;

use crate::error::{Error, Result};

/// An id of 128 bits.
pub(crate) trait Id: Copy + Eq + std::hash::Hash {
    fn from_bits(bits: u128) -> Self;
    fn bits(self) -> u128;

    /// As a column has it; `uuid`s sort as ids do.
    fn uuid(self) -> Uuid {
        Uuid::from_u128(self.bits())
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

/// The shard of an organisation as a column has it.
pub(crate) fn shard(org: OrgId) -> i16 {
    i16::from(org.shard().number())
}

/// A count as a column has it; what is beyond `i64::MAX` stays there.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Ids as an array, for statements that take many.
pub(crate) fn uuids<T: Id>(ids: impl IntoIterator<Item = T>) -> Vec<Uuid> {
    ids.into_iter().map(Id::uuid).collect()
}

/// A list of tools as a column has it: an array, or NULL for any.
pub(crate) fn tools(tools: Option<&Vec<Tool>>) -> Option<Vec<&str>> {
    tools.map(|tools| tools.iter().map(Tool::name).collect())
}

/// A bound on calls as a column has it.
pub(crate) fn rate(rate: Option<NonZeroU32>) -> Option<i64> {
    rate.map(|rate| rate.get().into())
}

/// Reading our values from a row.
pub(crate) trait Columns {
    fn integer(&self, column: &str) -> Result<i64>;
    fn integer_or_none(&self, column: &str) -> Result<Option<i64>>;
    fn text(&self, column: &str) -> Result<String>;
    fn text_or_none(&self, column: &str) -> Result<Option<String>>;
    fn texts_or_none(&self, column: &str) -> Result<Option<Vec<String>>>;
    fn bytes(&self, column: &str) -> Result<Vec<u8>>;
    fn flag(&self, column: &str) -> Result<bool>;
    fn uuid_or_none(&self, column: &str) -> Result<Option<Uuid>>;

    fn count(&self, column: &str) -> Result<u64> {
        let value = self.integer(column)?;
        u64::try_from(value).map_err(|_| Error::corrupt(format!("{column} is {value}")))
    }

    fn small<T: TryFrom<i64>>(&self, column: &str) -> Result<T> {
        let value = self.integer(column)?;
        T::try_from(value).map_err(|_| Error::corrupt(format!("{column} is {value}")))
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

    fn array<const N: usize>(&self, column: &str) -> Result<[u8; N]> {
        <[u8; N]>::try_from(self.bytes(column)?).map_err(|bytes| {
            Error::corrupt(format!("{column} has {} bytes instead of {N}", bytes.len()))
        })
    }

    fn id<T: Id>(&self, column: &str) -> Result<T> {
        self.id_or_none(column)?.ok_or_else(|| Error::corrupt(format!("{column} is missing")))
    }

    fn id_or_none<T: Id>(&self, column: &str) -> Result<Option<T>> {
        Ok(self.uuid_or_none(column)?.map(|uuid| T::from_bits(uuid.as_u128())))
    }

    /// The hold, and so the request or the event, that `node`, `epoch` and `n` name.
    fn hold(&self) -> Result<HoldId> {
        let (node, epoch) = (NodeId(self.small("node")?), Epoch(self.small("epoch")?));
        Ok(HoldId { node, epoch, n: self.count("n")? })
    }

    /// What `from_name` finds under the column's text.
    fn named<T>(&self, column: &str, from_name: impl Fn(&str) -> Option<T>) -> Result<T> {
        let name = self.text(column)?;
        from_name(&name).ok_or_else(|| Error::corrupt(format!("{column} is `{name}`")))
    }

    /// What stands in the three columns of a table that has rates.
    fn rates(&self) -> Result<Rates> {
        Ok(Rates {
            per_second: self.rate("rate_per_second")?,
            per_minute: self.rate("rate_per_minute")?,
            concurrent: self.rate("rate_concurrent")?,
        })
    }

    fn rate(&self, column: &str) -> Result<Option<NonZeroU32>> {
        let Some(value) = self.integer_or_none(column)? else { return Ok(None) };
        let rate = u32::try_from(value).ok().and_then(NonZeroU32::new);
        rate.map(Some).ok_or_else(|| Error::corrupt(format!("{column} is {value}")))
    }

    fn tools(&self, column: &str) -> Result<Option<Vec<Tool>>> {
        let names = self.texts_or_none(column)?;
        Ok(names.map(|names| names.iter().map(|name| Tool::new(name)).collect()))
    }
}

impl Columns for PgRow {
    /// Of a `smallint`, an `integer` or a `bigint`.
    fn integer(&self, column: &str) -> Result<i64> {
        if let Ok(value) = self.try_get::<i64, _>(column) {
            return Ok(value);
        }
        if let Ok(value) = self.try_get::<i32, _>(column) {
            return Ok(value.into());
        }
        Ok(self.try_get::<i16, _>(column)?.into())
    }

    /// Of a `bigint`.
    fn integer_or_none(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: &str) -> Result<String> {
        Ok(self.try_get(column)?)
    }

    fn text_or_none(&self, column: &str) -> Result<Option<String>> {
        Ok(self.try_get(column)?)
    }

    fn texts_or_none(&self, column: &str) -> Result<Option<Vec<String>>> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        Ok(self.try_get(column)?)
    }

    fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.try_get(column)?)
    }

    fn uuid_or_none(&self, column: &str) -> Result<Option<Uuid>> {
        Ok(self.try_get(column)?)
    }
}
