//! `/v1/chat/completions`.

mod content;
mod stream_options;

use serde::de::MapAccess;
use smallvec::{SmallVec, smallvec};

use self::content::Message;
use self::stream_options::StreamOptions;
use super::object::{Fields, Findings, Walk};
use super::rewrite::{Place, Places};
use super::scalars::{Scalars, Text};
use super::typed::{Typed, is_openai_tool_priced};
use super::{Asked, Invalid, MOST_TOKENS, read};

/// The most answers to one input, as the provider has it.
const MOST_CHOICES: u64 = 128;
/// The current name of the bound; `max_tokens` is its old one, which newer models refuse.
const MAX_TOKENS: &str = "max_completion_tokens";

pub(super) fn inspect(body: &str) -> Result<Asked, Invalid> {
    let mut chat = Chat { scalars: Scalars::of(body), findings: Findings::default() };
    read(body, &mut chat)?;
    let Chat { scalars, findings } = chat;

    scalars.only("service_tier", &["auto", "default"])?;
    scalars.unpriced("audio", "it is billed by tokens of its own")?;
    scalars.unpriced("web_search_options", "searches are billed apart")?;
    only_text_out(&scalars)?;
    let max_tokens = max_tokens(&scalars)?;
    let stream = scalars.flag("stream")?.unwrap_or(false);
    let options = StreamOptions::read(&scalars)?;
    let asked_for_usage = options.include_usage == Some(true);
    let open = body.find('{').map_or(0, |at| at + 1);
    let include_usage = (stream && !asked_for_usage).then(|| options.place(open));
    Ok(Asked {
        model: scalars.model()?,
        stream,
        asked_for_usage,
        max_tokens,
        choices: scalars.whole("n", 1..=MOST_CHOICES)?.unwrap_or(1),
        places: Places { max_tokens: max_tokens_places(&scalars, open), include_usage },
        ..Asked::default()
    }
    .with(&findings))
}

fn only_text_out(scalars: &Scalars<'_>) -> Result<(), Invalid> {
    let Some(json) = scalars.json("modalities") else { return Ok(()) };
    let Ok(modalities) = serde_json::from_str::<Vec<Text<'_>>>(json) else {
        return Err(Invalid::field("modalities", "`modalities` must be a list of strings"));
    };
    if modalities.iter().any(|Text(modality)| modality != "text") {
        return Err(Invalid::unpriced("modalities", "only `text` has a price among `modalities`"));
    }
    Ok(())
}

fn max_tokens(scalars: &Scalars<'_>) -> Result<Option<u64>, Invalid> {
    let new = scalars.whole(MAX_TOKENS, 1..=MOST_TOKENS)?;
    let old = scalars.whole("max_tokens", 1..=MOST_TOKENS)?;
    if new.is_some() && old.is_some() && new != old {
        let message = format!("`max_tokens` and `{MAX_TOKENS}` differ");
        return Err(Invalid::field("max_tokens", message));
    }
    Ok(new.or(old))
}

/// Wherever the bound is said. Where it is not, it is said under its current name: an old name that
/// is null is no hint that the model takes the old name with a number.
fn max_tokens_places(scalars: &Scalars<'_>, open: usize) -> SmallVec<[Place; 2]> {
    let old = scalars.json("max_tokens").and_then(|_| scalars.place("max_tokens"));
    match (scalars.place(MAX_TOKENS), old) {
        (Some(new), Some(old)) => smallvec![Place::instead(new), Place::instead(old)],
        (Some(only), None) | (None, Some(only)) => smallvec![Place::instead(only)],
        (None, None) => smallvec![Place::between(open, "\"max_completion_tokens\":", ",")],
    }
}

/// The body.
struct Chat<'a> {
    scalars: Scalars<'a>,
    findings: Findings,
}

impl<'a> Fields<'a> for Chat<'a> {
    const NAMES: &'static [&'static str] = &[
        "model",
        "messages",
        "stream",
        "stream_options",
        "n",
        MAX_TOKENS,
        "max_tokens",
        "tools",
        "service_tier",
        "modalities",
        "audio",
        "web_search_options",
    ];

    fn read<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.findings.reading = name;
        let findings = &mut self.findings;
        match name {
            "messages" => value.next_value_seed(Walk(&mut Message::new(findings))),
            "tools" => {
                value.next_value_seed(Walk(&mut Typed::new(findings, is_openai_tool_priced)))
            }
            _ => self.scalars.keep(name, value),
        }
    }

    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}
