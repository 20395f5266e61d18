//! `/v1/responses`.

mod input;

use serde::de::MapAccess;
use smallvec::smallvec;

use self::input::Item;
use super::object::{Fields, Findings, Walk};
use super::rewrite::{Place, Places};
use super::scalars::Scalars;
use super::typed::{Typed, is_openai_tool_priced};
use super::{Asked, Invalid, MOST_TOKENS, read};

pub(super) fn inspect(body: &str) -> Result<Asked, Invalid> {
    let mut response = Response { scalars: Scalars::of(body), findings: Findings::default() };
    read(body, &mut response)?;
    let Response { scalars, findings } = response;

    for name in ["previous_response_id", "conversation", "prompt"] {
        if scalars.json(name).is_some() {
            let what = format!("`{name}` names what the provider keeps");
            return Err(Invalid::unowned(name, &what));
        }
    }
    if scalars.flag("background")? == Some(true) {
        let what = "a background response is kept at the provider and fetched by its id";
        return Err(Invalid::unowned("background", what));
    }
    scalars.only("service_tier", &["auto", "default"])?;
    scalars.unpriced("context_management", "compaction is a call of its own")?;
    let max_tokens = scalars.whole("max_output_tokens", 1..=MOST_TOKENS)?;
    let place = match scalars.place("max_output_tokens") {
        Some(said) => Place::instead(said),
        None => {
            let open = body.find('{').map_or(0, |at| at + 1);
            Place::between(open, "\"max_output_tokens\":", ",")
        }
    };
    Ok(Asked {
        model: scalars.model()?,
        stream: scalars.flag("stream")?.unwrap_or(false),
        max_tokens,
        choices: 1,
        places: Places { max_tokens: smallvec![place], include_usage: None },
        ..Asked::default()
    }
    .with(&findings))
}

/// The body.
struct Response<'a> {
    scalars: Scalars<'a>,
    findings: Findings,
}

impl<'a> Fields<'a> for Response<'a> {
    const NAMES: &'static [&'static str] = &[
        "model",
        "input",
        "stream",
        "max_output_tokens",
        "tools",
        "service_tier",
        "previous_response_id",
        "conversation",
        "prompt",
        "background",
        "context_management",
    ];

    fn read<A: MapAccess<'a>>(
        &mut self,
        name: &'static str,
        value: &mut A,
    ) -> Result<(), A::Error> {
        self.findings.reading = name;
        let findings = &mut self.findings;
        match name {
            "input" => value.next_value_seed(Walk(&mut Item::new(findings))),
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
