//! Anthropic's `/v1/messages`.

mod content;

use serde::de::MapAccess;

use self::content::Part;
use super::object::{Fields, Findings, Walk};
use super::rewrite::{Place, Places};
use super::scalars::Scalars;
use super::typed::Typed;
use super::{Asked, Invalid, MOST_TOKENS, read};

pub(super) fn inspect(body: &str) -> Result<Asked, Invalid> {
    let mut messages = Messages { scalars: Scalars::of(body), findings: Findings::default() };
    read(body, &mut messages)?;
    let Messages { scalars, findings } = messages;

    scalars.only("service_tier", &["auto", "default", "standard_only"])?;
    scalars.only("speed", &["standard"])?;
    scalars.only("inference_geo", &["global"])?;
    scalars.unpriced("mcp_servers", "its tools run at the provider")?;
    scalars.unpriced("container", "it runs at the provider")?;
    scalars.unpriced("fallbacks", "another model has another price")?;
    let Some(max_tokens) = scalars.whole("max_tokens", 1..=MOST_TOKENS)? else {
        return Err(Invalid::field("max_tokens", "`max_tokens` is needed"));
    };
    let place = scalars.place("max_tokens").map(Place::instead);
    Ok(Asked {
        model: scalars.model()?,
        stream: scalars.flag("stream")?.unwrap_or(false),
        max_tokens: Some(max_tokens),
        choices: 1,
        places: Places { max_tokens: place.into_iter().collect(), include_usage: None },
        ..Asked::default()
    }
    .with(&findings))
}

/// The body.
struct Messages<'a> {
    scalars: Scalars<'a>,
    findings: Findings,
}

impl<'a> Fields<'a> for Messages<'a> {
    const NAMES: &'static [&'static str] = &[
        "model",
        "messages",
        "system",
        "stream",
        "max_tokens",
        "tools",
        "service_tier",
        "speed",
        "inference_geo",
        "mcp_servers",
        "container",
        "context_management",
        "fallbacks",
    ];

    fn read<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.findings.reading = name;
        let findings = &mut self.findings;
        match name {
            "messages" => value.next_value_seed(Walk(&mut Message { findings })),
            "system" => value.next_value_seed(Walk(&mut Part::new(findings))),
            "tools" => value.next_value_seed(Walk(&mut Typed::new(findings, is_tool_priced))),
            "context_management" => {
                value.next_value_seed(Walk(&mut ContextManagement { findings }))
            }
            _ => self.scalars.keep(name, value),
        }
    }

    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}

/// The tools that the caller runs; all others run at the provider, which bills them apart.
fn is_tool_priced(kind: Option<&str>) -> bool {
    const RUN_BY_CALLER: [&str; 4] = ["bash_", "text_editor_", "computer_", "memory_"];
    kind.is_none_or(|kind| {
        kind == "custom" || RUN_BY_CALLER.iter().any(|prefix| kind.starts_with(prefix))
    })
}

/// A message of any role.
struct Message<'f> {
    findings: &'f mut Findings,
}

impl<'de> Fields<'de> for Message<'_> {
    const NAMES: &'static [&'static str] = &["content"];

    fn read<A: MapAccess<'de>>(&mut self, _: &'static str, value: &mut A) -> Result<(), A::Error> {
        value.next_value_seed(Walk(&mut Part::new(self.findings)))
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}

/// What the provider may do to a long conversation: leave things out, which costs nothing.
///
/// To sum it up is a second call, and not in the usage that is told.
struct ContextManagement<'f> {
    findings: &'f mut Findings,
}

impl<'de> Fields<'de> for ContextManagement<'_> {
    const NAMES: &'static [&'static str] = &["edits"];

    fn read<A: MapAccess<'de>>(&mut self, _: &'static str, value: &mut A) -> Result<(), A::Error> {
        let leaves_out = |kind: Option<&str>| kind.is_some_and(|kind| kind.starts_with("clear_"));
        value.next_value_seed(Walk(&mut Typed::new(self.findings, leaves_out)))
    }

    fn findings(&mut self) -> &mut Findings {
        self.findings
    }
}
