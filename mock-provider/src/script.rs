//! The ways in which a model can misbehave.

use std::time::Duration;

/// What a scripted model does other than answer well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Script {
    /// Answers well.
    Plain,
    /// First byte after 1 s, then 100 ms a chunk.
    Slow,
    /// 401, as if the operator's key were wrong.
    Unauthorized,
    /// 429, as if the operator's account were called too often.
    RateLimited,
    /// 500.
    Broken,
    /// A good answer that never says what it used.
    NoUsage,
    /// A good answer that says 10^18 output tokens.
    AbsurdUsage,
    /// A good answer that says -5 output tokens.
    NegativeUsage,
    /// Drops the connection after half of the words, or half of the JSON.
    Cut,
    /// An error event after half of the words; asked for JSON it is a 500.
    StreamError,
    /// Sends the headers and the first word (or half of the JSON), then nothing for a minute.
    Stall,
    /// Never answers; hangs up after a minute.
    Silent,
    /// 1 MiB of JSON, or 2,000 chunks.
    Huge,
    /// Compresses when it is allowed to.
    Gzip,
}

/// How long a silent or stalling model keeps the connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long a cut waits, so that what was written before it has left.
const CUT_PAUSE: Duration = Duration::from_millis(1);

const SLOW_FIRST_BYTE: Duration = Duration::from_secs(1);
/// A slow model takes a tenth of its first delay for each chunk.
const SLOW_CHUNKS_IN_FIRST: u32 = 10;

/// When the parts of an answer leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// Before anything.
    pub(crate) first_byte: Duration,
    /// Before each word of a stream but the first.
    pub(crate) chunk: Duration,
}

/// How an answer ends before it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Break {
    /// Nothing more for so long, then the connection is dropped.
    HangUp(Duration),
    /// The dialect's error event, and a clean end.
    ErrorEvent,
}

impl Script {
    /// The pace of this model, when it is not the server's. `asked` is the caller's `x-mock-delay-ms`.
    pub(crate) fn pace(self, server: Pace, asked: Option<Duration>) -> Pace {
        if self != Self::Slow {
            return server;
        }
        let first_byte = asked.unwrap_or(SLOW_FIRST_BYTE).min(PATIENCE);
        Pace { first_byte, chunk: first_byte / SLOW_CHUNKS_IN_FIRST }
    }

    /// After how many of `words` a stream breaks, and how; `None` when it does not.
    pub(crate) fn stream_break(self, words: u32) -> Option<(u32, Break)> {
        match self {
            Self::Cut => Some((words / 2, Break::HangUp(CUT_PAUSE))),
            Self::StreamError => Some((words / 2, Break::ErrorEvent)),
            Self::Stall => Some((words.min(1), Break::HangUp(PATIENCE))),
            _ => None,
        }
    }

    /// How long a JSON answer hangs after its first half before the connection is dropped;
    /// `None` when it comes whole.
    pub(crate) fn json_break(self) -> Option<Duration> {
        match self {
            Self::Cut => Some(CUT_PAUSE),
            Self::Stall => Some(PATIENCE),
            _ => None,
        }
    }

    /// The output tokens that the answer tells, of those there were; `None` when it tells nothing.
    pub(crate) fn reported_output(self, real: u64) -> Option<i64> {
        match self {
            Self::NoUsage => None,
            Self::AbsurdUsage => Some(1_000_000_000_000_000_000),
            Self::NegativeUsage => Some(-5),
            _ => Some(i64::try_from(real).unwrap_or(i64::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANT: Pace = Pace { first_byte: Duration::ZERO, chunk: Duration::ZERO };

    #[test]
    fn only_a_slow_model_has_its_own_pace() {
        let asked = Some(Duration::from_millis(50));
        assert_eq!(Script::Plain.pace(INSTANT, asked), INSTANT);
        let slow = Script::Slow.pace(INSTANT, None);
        assert_eq!(slow.first_byte, Duration::from_secs(1));
        assert_eq!(slow.chunk, Duration::from_millis(100));
        assert_eq!(Script::Slow.pace(INSTANT, asked).chunk, Duration::from_millis(5));
    }

    #[test]
    fn an_asked_delay_is_bounded() {
        let asked = Some(Duration::from_secs(86_400));
        assert_eq!(Script::Slow.pace(INSTANT, asked).first_byte, PATIENCE);
    }
}
