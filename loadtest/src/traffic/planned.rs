//! One call of a run, before it is made.

use std::sync::Arc;
use std::time::Duration;

use super::Shape;

/// What is asked, by whom, and for how long the answer is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Its place in the run.
    pub(crate) number: u64,
    /// The name of the demo's key that makes it.
    pub(crate) key: Arc<str>,
    pub(crate) shape: Shape,
    /// The model, with its suffix.
    pub(crate) model: &'static str,
    pub(crate) max_tokens: Option<u32>,
    /// When the caller hangs up, if the answer is not there by then.
    pub(crate) leaves_after: Option<Duration>,
}

/// What a model of the mock provider does other than answer well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: its answers are whole and tell their usage.
    None,
    /// It answers an error, breaks off, or tells no usage or a wrong one.
    Misbehaves,
}

impl Planned {
    /// Whether the provider does its part of this call.
    pub(crate) fn fault(&self) -> Fault {
        let name = self.model.split(':').next().unwrap_or_default();
        match name {
            "mock-chat" | "mock-flat" | "mock-image" | "mock-embedding" | "mock-huge"
            | "mock-slow" | "mock-gzip" => Fault::None,
            _ => Fault::Misbehaves,
        }
    }
}
