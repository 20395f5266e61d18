//! Objects of which only the type matters: tools, above all.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::invalid::shown;
use super::object::{Fields, Findings};
use super::scalars::Text;

/// Objects that are in the price or not, by their type.
pub(super) struct Typed<'f, 'de> {
    findings: &'f mut Findings,
    is_priced: fn(Option<&str>) -> bool,
    kind: Option<Cow<'de, str>>,
}

impl<'f> Typed<'f, '_> {
    /// Refuses those whose type, or lack of one, is not in the price.
    pub(super) fn new(findings: &'f mut Findings, is_priced: fn(Option<&str>) -> bool) -> Self {
        Self { findings, is_priced, kind: None }
    }
}

impl<'de> Fields<'de> for Typed<'_, 'de> {
    const NAMES: &'static [&'static str] = &["type"];

    fn read<A: MapAccess<'de>>(&mut self, _: &'static str, value: &mut A) -> Result<(), A::Error> {
        self.kind = value.next_value::<Option<Text<'de>>>()?.map(|Text(kind)| kind);
        Ok(())
    }

    fn over(&mut self) {
        let kind = self.kind.take();
        if !(self.is_priced)(kind.as_deref()) {
            let among = self.findings.reading;
            let message = match kind {
                Some(kind) => format!("`{}` among the `{among}` has no price", shown(&kind)),
                None => format!("what has no type among the `{among}` has no price"),
            };
            self.findings.unpriced(message);
        }
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}

/// OpenAI's tools that the caller runs; all others run at the provider, which bills them apart.
pub(super) fn is_openai_tool_priced(kind: Option<&str>) -> bool {
    matches!(kind, Some("function" | "custom"))
}
