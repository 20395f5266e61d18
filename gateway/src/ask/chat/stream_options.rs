//! `stream_options`, in which a chat client asks for its usage.

use serde::de::MapAccess;

use crate::ask::object::{Fields, Findings};
use crate::ask::rewrite::Place;
use crate::ask::scalars::{Scalars, is_empty};
use crate::ask::{Invalid, read};

/// What a client says about its stream.
pub(super) struct StreamOptions<'s, 'a> {
    outer: &'s Scalars<'a>,
    inner: Option<Scalars<'a>>,
    /// Whether the client wants its usage told, if it says.
    pub(super) include_usage: Option<bool>,
}

impl<'s, 'a> StreamOptions<'s, 'a> {
    const NAME: &'static str = "stream_options";

    pub(super) fn read(outer: &'s Scalars<'a>) -> Result<Self, Invalid> {
        let Some(json) = outer.json(Self::NAME) else {
            return Ok(Self { outer, inner: None, include_usage: None });
        };
        if !json.starts_with('{') {
            return Err(Invalid::field(Self::NAME, "`stream_options` must be an object"));
        }
        let findings = Findings { reading: Self::NAME, ..Findings::default() };
        let mut usage = UsageOption { scalars: Scalars::of(json), findings };
        read(json, &mut usage)?;
        let include_usage = usage.scalars.flag("include_usage")?;
        Ok(Self { outer, inner: Some(usage.scalars), include_usage })
    }

    /// Where to write that usage is wanted; `open` is just inside the body.
    pub(super) fn place(&self, open: usize) -> Place {
        let Some(options) = self.outer.place(Self::NAME) else {
            return Place::between(open, "\"stream_options\":{\"include_usage\":", "},");
        };
        let Some(inner) = &self.inner else {
            return Place::wrapped(options, "{\"include_usage\":", "}");
        };
        let start = options.start;
        if let Some(usage) = inner.place("include_usage") {
            return Place::instead(start + usage.start..start + usage.end);
        }
        let others = self.outer.json(Self::NAME).is_some_and(|json| !is_empty(json, ['{', '}']));
        Place::between(start + 1, "\"include_usage\":", if others { "," } else { "" })
    }
}

/// The inside of `stream_options`.
struct UsageOption<'a> {
    scalars: Scalars<'a>,
    findings: Findings,
}

impl<'a> Fields<'a> for UsageOption<'a> {
    const NAMES: &'static [&'static str] = &["include_usage"];

    fn read<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.scalars.keep(name, value)
    }

    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}
