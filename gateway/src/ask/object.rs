//! Reads the fields that matter out of a JSON text, in one pass, and skips the rest.
//!
//! A field that is given twice, or in other letters (`Max_Tokens`), is refused: parsers differ in
//! which of two they take and in whether letter case counts, and the provider's is not ours.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Invalid;

/// What reading a body found, across all of its parts.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The top-level field that is being read.
    pub(super) reading: &'static str,
    /// Images in the input.
    pub(super) images_in: u64,
    /// Bytes of the body that are those images, or where they are to be fetched, and so no text.
    pub(super) image_bytes: u64,
    /// Something in the input can be more tokens than its bytes.
    pub(super) unbounded_input: bool,
    /// The first thing that is wrong.
    pub(super) problem: Option<Invalid>,
}

impl Findings {
    /// An image, written in so many bytes.
    pub(super) fn image(&mut self, bytes: u64) {
        self.images_in = self.images_in.saturating_add(1);
        self.image_bytes = self.image_bytes.saturating_add(bytes);
    }

    /// Something wrong; what was wrong first is what is told.
    pub(super) fn refuse(&mut self, invalid: Invalid) {
        self.problem.get_or_insert(invalid);
    }

    /// Something wrong within the field that is being read.
    pub(super) fn invalid(&mut self, message: impl Into<String>) {
        self.refuse(Invalid::field(self.reading, message));
    }

    /// Something without a price within the field that is being read.
    pub(super) fn unpriced(&mut self, message: impl Into<String>) {
        self.refuse(Invalid::unpriced(self.reading, message));
    }

    /// Something without an owner within the field that is being read.
    pub(super) fn unowned(&mut self, what: &str) {
        self.refuse(Invalid::unowned(self.reading, what));
    }
}

/// An object of which some fields matter.
pub(super) trait Fields<'de> {
    /// Those fields, in their one spelling: lower-case ASCII.
    const NAMES: &'static [&'static str];

    /// Takes in the value of a field.
    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error>;

    /// The object is over: it can be judged, and the next of its list may begin.
    fn over(&mut self) {}

    /// Where to write what was found.
    fn findings(&mut self) -> &mut Findings;
}

/// Reads a value through `T`: an object itself, a list object by object. Plain values are text at
/// most, so they are passed over.
pub(super) struct Walk<'t, T>(pub(super) &'t mut T);

impl<'de, T: Fields<'de>> DeserializeSeed<'de> for Walk<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de, T: Fields<'de>> Visitor<'de> for Walk<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0u32;
        while let Some(key) = map.next_key_seed(OneOf(T::NAMES))? {
            let Some((index, spelling)) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let name = T::NAMES[index];
            if spelling == Spelling::Other {
                let message = format!("a field looks like `{name}` but is written differently");
                self.0.findings().refuse(Invalid::field(name, message));
            }
            if seen & (1 << index) != 0 {
                let message = format!("`{name}` is given twice");
                self.0.findings().refuse(Invalid::field(name, message));
            }
            seen |= 1 << index;
            self.0.read(name, &mut map)?;
        }
        self.0.over();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Walk(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// How a key is written that stands for a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Exact,
    Other,
}

/// A key that is one of these names, once its escapes are read.
struct OneOf(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for OneOf {
    type Value = Option<(usize, Spelling)>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for OneOf {
    type Value = Option<(usize, Spelling)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        if let Some(index) = self.0.iter().position(|name| *name == key) {
            return Ok(Some((index, Spelling::Exact)));
        }
        let other = self.0.iter().position(|name| is_spelling_of(key, name));
        Ok(other.map(|index| (index, Spelling::Other)))
    }
}

/// Whether a parser to which letter case means nothing takes `key` for `name`.
fn is_spelling_of(key: &str, name: &str) -> bool {
    if key.is_ascii() {
        return key.eq_ignore_ascii_case(name);
    }
    // The long s and the Kelvin sign are the letters beyond ASCII whose case folds into it.
    let folded = |letter: char| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    key.chars().map(folded).eq(name.chars())
}
