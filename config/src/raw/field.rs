//! A field of the file: given, missing, or what it should not be.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// A field of the file.
#[derive(Default)]
pub(crate) enum Field<T> {
    /// It does not stand there.
    #[default]
    Absent,
    /// It is not of its type, or nothing where something must be: reported already.
    Broken,
    /// What stands there.
    Given(T),
}

impl<T> Field<T> {
    pub(crate) fn given(&self) -> Option<&T> {
        match self {
            Self::Absent | Self::Broken => None,
            Self::Given(value) => Some(value),
        }
    }

    /// What stands there, or the default when nothing does; none when it is broken.
    pub(crate) fn or(&self, default: T) -> Option<T>
    where
        T: Copy,
    {
        match self {
            Self::Absent => Some(default),
            Self::Broken => None,
            Self::Given(value) => Some(*value),
        }
    }

    /// What a check makes of it, or the default when nothing stands there; none when it is broken.
    pub(crate) fn check_or<U>(&self, default: U, check: impl FnOnce(&T) -> Option<U>) -> Option<U> {
        match self {
            Self::Absent => Some(default),
            Self::Broken => None,
            Self::Given(value) => check(value),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An option, so that a missing field is broken and not an error.
        let value = Option::<serde_json::Value>::deserialize(deserializer)?;
        let read = value.and_then(|value| T::deserialize(value).ok());
        Ok(read.map_or(Self::Broken, Self::Given))
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
