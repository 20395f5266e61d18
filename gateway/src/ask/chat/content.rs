//! The messages of a chat.

use std::borrow::Cow;

use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::ask::invalid::shown;
use crate::ask::object::{Fields, Findings, Walk};
use crate::ask::scalars::Text;

/// A message of any role.
pub(super) struct Message<'f> {
    findings: &'f mut Findings,
}

impl<'f> Message<'f> {
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self { findings }
    }
}

impl<'de> Fields<'de> for Message<'_> {
    const NAMES: &'static [&'static str] = &["content", "audio"];

    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        if name == "audio" {
            if value.next_value::<&RawValue>()?.get() != "null" {
                self.findings.unpriced("the audio of an earlier answer has no price");
            }
            return Ok(());
        }
        let findings = &mut *self.findings;
        value.next_value_seed(Walk(&mut Part { findings, kind: None, image_bytes: 0 }))
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}

/// A part of a message's content.
struct Part<'f, 'de> {
    findings: &'f mut Findings,
    kind: Option<Cow<'de, str>>,
    image_bytes: u64,
}

impl<'de> Fields<'de> for Part<'_, 'de> {
    const NAMES: &'static [&'static str] = &["type", "image_url"];

    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        if name == "type" {
            self.kind = value.next_value::<Option<Text<'de>>>()?.map(|Text(kind)| kind);
        } else {
            self.image_bytes = value.next_value::<&RawValue>()?.get().len() as u64;
        }
        Ok(())
    }

    fn over(&mut self) {
        let image_bytes = std::mem::take(&mut self.image_bytes);
        match self.kind.take().as_deref() {
            Some("text" | "refusal") => {}
            Some("image_url") => self.findings.image(image_bytes),
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
