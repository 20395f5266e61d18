//! The content of Anthropic's messages, system prompts and tool results.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use crate::ask::invalid::shown;
use crate::ask::object::{Fields, Findings, Walk};
use crate::ask::scalars::Text;

/// How deep content stands in content: a message, a tool's result, a document in it.
const DEEPEST: u8 = 3;

/// A block of content.
pub(super) struct Part<'f, 'de> {
    findings: &'f mut Findings,
    depth: u8,
    kind: Option<Cow<'de, str>>,
    source: Source<'de>,
    content: Option<&'de RawValue>,
    has_file_id: bool,
}

/// Where the bytes of an image or a document are.
#[derive(Default)]
struct Source<'de> {
    kind: Option<Cow<'de, str>>,
    bytes: u64,
    content: Option<&'de RawValue>,
    has_file_id: bool,
}

impl<'f> Part<'f, '_> {
    /// Blocks that stand in a message.
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self::within(findings, 1)
    }

    fn within(findings: &'f mut Findings, depth: u8) -> Self {
        let source = Source::default();
        Self { findings, depth, kind: None, source, content: None, has_file_id: false }
    }
}

impl<'de> Fields<'de> for Part<'_, 'de> {
    const NAMES: &'static [&'static str] = &["type", "source", "content", "file_id"];

    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = value.next_value::<Option<Text<'de>>>()?.map(|Text(kind)| kind),
            "content" => self.content = Some(value.next_value()?),
            "file_id" => self.has_file_id = value.next_value::<Option<IgnoredAny>>()?.is_some(),
            _ => {
                let (findings, source) = (&mut *self.findings, &mut self.source);
                value.next_value_seed(Walk(&mut SourceFields { findings, source }))?;
            }
        }
        Ok(())
    }

    fn over(&mut self) {
        let kind = self.kind.take();
        let content = self.content.take();
        let source = std::mem::take(&mut self.source);
        if std::mem::take(&mut self.has_file_id) || source.has_file_id {
            self.findings.unowned("`file_id` names what the provider keeps");
        }
        match kind.as_deref() {
            Some("text" | "tool_use" | "thinking" | "redacted_thinking") => {}
            Some("image") => self.image(&source),
            Some("document") => self.document(&source),
            Some("tool_result" | "search_result" | "mcp_tool_result") => self.nested(content),
            Some("web_fetch_tool_result") => self.findings.unbounded_input = true,
            Some(kind) if is_history(kind) => {}
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

impl<'de> Part<'_, 'de> {
    fn image(&mut self, source: &Source<'_>) {
        match source.kind.as_deref() {
            Some("base64" | "url") => self.findings.image(source.bytes),
            kind => self.odd_source(kind),
        }
    }

    fn document(&mut self, source: &Source<'de>) {
        match source.kind.as_deref() {
            // Its pages are read as images too.
            Some("base64" | "url") => self.findings.unbounded_input = true,
            Some("text") => {}
            Some("content") => self.nested(source.content),
            kind => self.odd_source(kind),
        }
    }

    fn odd_source(&mut self, kind: Option<&str>) {
        match kind {
            Some("file") => self.findings.unowned("a file names what the provider keeps"),
            Some(kind) => {
                let message = format!("a source of type `{}` has no price", shown(kind));
                self.findings.unpriced(message);
            }
            None => self.findings.invalid("an image or a document has no source with a type"),
        }
    }

    /// Reads content that stands in this block, once its type told what it is.
    fn nested(&mut self, content: Option<&'de RawValue>) {
        let Some(content) = content else { return };
        if self.depth == DEEPEST {
            self.findings.invalid("content stands too deep in other content");
            return;
        }
        let mut json = serde_json::Deserializer::from_str(content.get());
        let mut parts = Part::within(self.findings, self.depth + 1);
        if let Err(error) = Walk(&mut parts).deserialize(&mut json) {
            self.findings.invalid(format!("the content cannot be read: {error}"));
        }
    }
}

/// What the provider's own tools left in the conversation: text, whatever it was once.
fn is_history(kind: &str) -> bool {
    matches!(
        kind,
        "server_tool_use"
            | "mcp_tool_use"
            | "web_search_tool_result"
            | "code_execution_tool_result"
            | "bash_code_execution_tool_result"
            | "text_editor_code_execution_tool_result"
            | "tool_search_tool_result"
    )
}

/// The inside of a source. That of a search result is a plain string.
struct SourceFields<'s, 'de> {
    findings: &'s mut Findings,
    source: &'s mut Source<'de>,
}

impl<'de> Fields<'de> for SourceFields<'_, 'de> {
    const NAMES: &'static [&'static str] = &["type", "data", "url", "content", "file_id"];

    fn read<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        let source = &mut *self.source;
        match name {
            "type" => source.kind = value.next_value::<Option<Text<'de>>>()?.map(|Text(kind)| kind),
            "content" => source.content = Some(value.next_value()?),
            "file_id" => source.has_file_id = value.next_value::<Option<IgnoredAny>>()?.is_some(),
            _ => {
                let bytes = value.next_value::<&RawValue>()?.get().len() as u64;
                source.bytes = source.bytes.saturating_add(bytes);
            }
        }
        Ok(())
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}
