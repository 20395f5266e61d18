//! The input of a response: messages, and the calls and results of tools.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use crate::ask::invalid::shown;
use crate::ask::object::{Fields, Findings, Walk};
use crate::ask::scalars::Text;

/// An item of the input.
pub(super) struct Item<'f, 'de> {
    findings: &'f mut Findings,
    kind: Option<Cow<'de, str>>,
    has_role: bool,
    /// Reasoning comes along, encrypted, and is not fetched by its id.
    has_reasoning: bool,
}

impl<'f> Item<'f, '_> {
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self { findings, kind: None, has_role: false, has_reasoning: false }
    }
}

impl<'de> Fields<'de> for Item<'_, 'de> {
    const NAMES: &'static [&'static str] =
        &["type", "role", "content", "output", "encrypted_content"];

    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = value.next_value::<Option<Text<'de>>>()?.map(|Text(kind)| kind),
            "role" => self.has_role = value.next_value::<Option<IgnoredAny>>()?.is_some(),
            "encrypted_content" => {
                self.has_reasoning = value.next_value::<Option<IgnoredAny>>()?.is_some();
            }
            _ => value.next_value_seed(Walk(&mut Part::new(self.findings)))?,
        }
        Ok(())
    }

    fn over(&mut self) {
        let has_role = std::mem::take(&mut self.has_role);
        let has_reasoning = std::mem::take(&mut self.has_reasoning);
        match self.kind.take().as_deref() {
            Some(
                "message"
                | "function_call"
                | "function_call_output"
                | "custom_tool_call"
                | "custom_tool_call_output",
            ) => {}
            // Without its text, the provider takes it from what it kept of the earlier answer.
            Some("reasoning") => self.findings.unbounded_input |= !has_reasoning,
            None if has_role => {}
            // Its type may be left out: an id alone is one too.
            None | Some("item_reference") => {
                self.findings.unowned("a reference to an item names what the provider keeps");
            }
            Some(kind) => {
                let message = format!("an item of type `{}` has no price", shown(kind));
                self.findings.unpriced(message);
            }
        }
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}

/// A part of the content of an item, or of the output of a tool.
struct Part<'f, 'de> {
    findings: &'f mut Findings,
    kind: Option<Cow<'de, str>>,
    image_bytes: u64,
    has_file_id: bool,
}

impl<'f> Part<'f, '_> {
    fn new(findings: &'f mut Findings) -> Self {
        Self { findings, kind: None, image_bytes: 0, has_file_id: false }
    }
}

impl<'de> Fields<'de> for Part<'_, 'de> {
    const NAMES: &'static [&'static str] = &["type", "image_url", "file_id"];

    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = value.next_value::<Option<Text<'de>>>()?.map(|Text(kind)| kind),
            "file_id" => self.has_file_id = value.next_value::<Option<IgnoredAny>>()?.is_some(),
            _ => self.image_bytes = value.next_value::<&RawValue>()?.get().len() as u64,
        }
        Ok(())
    }

    fn over(&mut self) {
        let image_bytes = std::mem::take(&mut self.image_bytes);
        if std::mem::take(&mut self.has_file_id) {
            self.findings.unowned("`file_id` names what the provider keeps");
        }
        match self.kind.take().as_deref() {
            Some("input_text" | "output_text" | "refusal" | "summary_text" | "reasoning_text") => {}
            Some("input_image") => self.findings.image(image_bytes),
            Some(kind) => {
                let message = format!("content of type `{}` has no price", shown(kind));
                self.findings.unpriced(message);
            }
            None => self.findings.invalid("a part of the content has no type"),
        }
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}
