//! The models on sale: a name, what it is for, and the script it follows.

use std::borrow::Cow;

use crate::script::Script;
use crate::text::{self, MOST_TOKENS};

/// What a model can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    /// Chat, responses and messages.
    Text,
    Image,
    Embedding,
}

/// A model on the list.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// `None`: misbehaves on every route alike.
    family: Option<Family>,
    script: Script,
    /// Output tokens of a text answer that nothing bounds.
    tokens: u32,
}

impl Known {
    pub(crate) fn serves(&self, family: Family) -> bool {
        self.family.is_none_or(|its| its == family)
    }
}

const fn scripted(name: &'static str, script: Script) -> Known {
    Known { name, family: None, script, tokens: 40 }
}

pub(crate) const MODELS: [Known; 18] = [
    Known { name: "mock-chat", family: Some(Family::Text), script: Script::Plain, tokens: 40 },
    Known { name: "mock-flat", family: Some(Family::Text), script: Script::Plain, tokens: 8 },
    Known { name: "mock-free", family: Some(Family::Text), script: Script::Plain, tokens: 8 },
    Known { name: "mock-image", family: Some(Family::Image), script: Script::Plain, tokens: 0 },
    Known {
        name: "mock-embedding",
        family: Some(Family::Embedding),
        script: Script::Plain,
        tokens: 0,
    },
    Known { name: "mock-huge", family: Some(Family::Text), script: Script::Huge, tokens: 2_000 },
    scripted("mock-slow", Script::Slow),
    scripted("mock-error-401", Script::Unauthorized),
    scripted("mock-error-429", Script::RateLimited),
    scripted("mock-error-500", Script::Broken),
    scripted("mock-no-usage", Script::NoUsage),
    scripted("mock-absurd-usage", Script::AbsurdUsage),
    scripted("mock-negative-usage", Script::NegativeUsage),
    scripted("mock-cut-stream", Script::Cut),
    scripted("mock-stream-error", Script::StreamError),
    scripted("mock-stall", Script::Stall),
    scripted("mock-silent", Script::Silent),
    scripted("mock-gzip", Script::Gzip),
];

/// A model as one call named it.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) known: &'static Known,
    /// The name in the request, with its suffix.
    pub(crate) asked: String,
    tokens: u32,
}

impl Model {
    /// The model of this name, if it is one for `family`.
    ///
    /// A suffix sets how long its text is: `mock-chat:500` says 500 tokens, at most 200,000.
    pub(crate) fn find(asked: &str, family: Family) -> Option<Self> {
        let (name, suffix) = match asked.split_once(':') {
            Some((name, tokens)) => (name, Some(tokens)),
            None => (asked, None),
        };
        let known = MODELS.iter().find(|known| known.name == name)?;
        if !known.serves(family) {
            return None;
        }
        let tokens = match suffix {
            Some(tokens) => tokens.parse().ok().filter(|tokens| *tokens <= MOST_TOKENS)?,
            None => known.tokens,
        };
        Some(Self { known, asked: asked.to_owned(), tokens })
    }

    pub(crate) fn script(&self) -> Script {
        self.known.script
    }

    /// Its text of so many tokens, as a JSON answer has it.
    pub(crate) fn text(&self, tokens: u32) -> Cow<'static, str> {
        match self.script() {
            Script::Huge => Cow::Owned(text::huge_words(tokens)),
            _ => Cow::Borrowed(text::words(tokens)),
        }
    }

    /// How many tokens it says when it may say at most `bound`, and whether that cut it short.
    pub(crate) fn output(&self, bound: Option<u32>) -> (u32, Ending) {
        match bound {
            Some(bound) if bound < self.tokens => (bound, Ending::Cut),
            _ => (self.tokens, Ending::Finished),
        }
    }
}

/// Why a text ends where it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    /// All was said.
    Finished,
    /// The caller's bound was reached.
    Cut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_serves_its_own_family_and_a_script_serves_all() {
        assert!(Model::find("mock-chat", Family::Text).is_some());
        assert!(Model::find("mock-chat", Family::Image).is_none());
        assert!(Model::find("mock-error-500", Family::Image).is_some());
        assert!(Model::find("gpt-5", Family::Text).is_none());
    }

    #[test]
    fn a_suffix_sets_the_length_and_nonsense_is_no_model() {
        let model = Model::find("mock-chat:500", Family::Text).unwrap();
        assert_eq!(model.output(None), (500, Ending::Finished));
        assert_eq!(model.output(Some(500)), (500, Ending::Finished));
        assert_eq!(model.output(Some(499)), (499, Ending::Cut));
        for asked in ["mock-chat:", "mock-chat:-1", "mock-chat:200001", "mock-chat:x"] {
            assert!(Model::find(asked, Family::Text).is_none(), "{asked}");
        }
    }
}
