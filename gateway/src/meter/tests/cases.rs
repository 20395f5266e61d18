use super::*;

/// A recorded-like stream and what must come of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) kind: MeterKind,
    stream: &'static str,
    /// The client did not ask for the usage, so that the event that decides is left out.
    pub(super) hide_usage: bool,
    /// Which event decides, counted from the end.
    pub(super) decides: usize,
    /// Before which event the comment goes, likewise.
    pub(super) last: usize,
    pub(super) text_bytes: u64,
    pub(super) outcome: Outcome,
}

/// How a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// With LF, as recorded.
    Lf,
    CrLf,
    Cr,
    /// With a byte order mark.
    Marked,
    /// Without the line that ends the last event.
    Unended,
}

impl Written {
    pub(super) const ALL: [Self; 5] = [Self::Lf, Self::CrLf, Self::Cr, Self::Marked, Self::Unended];
}

impl Case {
    pub(super) fn meter(&self) -> Meter {
        let options = MeterOptions { hide_usage: self.hide_usage, ..OPTIONS };
        Meter::new(self.kind, Answer::EventStream, options)
    }

    /// The events, each with its empty line.
    pub(super) fn events(&self, written: Written) -> Vec<String> {
        let mut events: Vec<String> =
            self.stream.split_inclusive("\n\n").map(str::to_owned).collect();
        for event in &mut events {
            match written {
                Written::CrLf => *event = event.replace('\n', "\r\n"),
                Written::Cr => *event = event.replace('\n', "\r"),
                Written::Lf | Written::Marked | Written::Unended => {}
            }
        }
        if written == Written::Marked {
            events[0].insert(0, '\u{feff}');
        }
        if written == Written::Unended {
            let last = events.last_mut().unwrap();
            last.truncate(last.trim_end().len());
        }
        events
    }

    pub(super) fn stream(&self, written: Written) -> String {
        self.events(written).concat()
    }

    /// What the client must have got in the end.
    pub(super) fn expected(&self, written: Written) -> Played {
        let mut events = self.events(written);
        let count = events.len();
        events[count - self.last].insert_str(0, COMMENT);
        if self.hide_usage {
            events.remove(count - self.decides);
        }
        let progress =
            Relayed { text_bytes: self.text_bytes, outputs: self.outcome.outputs, started: true };
        Played { relayed: events.concat(), outcome: self.outcome, progress }
    }
}

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/streams/", $name, ".sse"))
    };
}

pub(super) fn cases() -> Vec<Case> {
    let served = |usage, outputs| Outcome { usage, failed: false, outputs };
    let failed = Outcome { usage: Reported::Missing, failed: true, outputs: 1 };
    let chat =
        used(&[(Unit::InputToken, 195), (Unit::CachedInputToken, 1_024), (Unit::OutputToken, 42)]);
    let response =
        used(&[(Unit::InputToken, 17), (Unit::CacheWriteToken, 64), (Unit::OutputToken, 9)]);
    let message = used(&[
        (Unit::InputToken, 25),
        (Unit::CachedInputToken, 300),
        (Unit::CacheWriteToken, 40),
        (Unit::CacheWriteHourToken, 30),
        (Unit::OutputToken, 15),
    ]);
    let case = |name, kind, stream, (decides, last), text_bytes, outcome| Case {
        name,
        kind,
        stream,
        hide_usage: false,
        decides,
        last,
        text_bytes,
        outcome,
    };
    use MeterKind::{
        AnthropicMessages as Messages, OpenAiChat as Chat, OpenAiResponses as Responses,
    };
    let plain = case("chat", Chat, recorded!("chat"), (2, 1), 28, served(chat, 1));
    let hidden = Case { name: "chat, usage hidden", hide_usage: true, ..plain };
    let plain = Case { hide_usage: false, name: "chat", ..hidden };
    let tools = recorded!("chat-tools");
    let every = recorded!("chat-usage-in-every-chunk");
    let few = used(&[(Unit::InputToken, 7), (Unit::OutputToken, 3)]);
    let tool = used(&[(Unit::InputToken, 472), (Unit::OutputToken, 89)]);
    let (absurd, missing) = (Reported::Absurd, Reported::Missing);
    vec![
        plain,
        hidden,
        case("chat, tools", Chat, tools, (2, 1), 58, served(chat, 3)),
        case("chat, no usage", Chat, recorded!("chat-no-usage"), (1, 1), 7, served(missing, 1)),
        case("chat, usage in every chunk", Chat, every, (1, 1), 3, served(few, 1)),
        case("chat, error", Chat, recorded!("chat-error"), (2, 2), 12, failed),
        case("chat, absurd", Chat, recorded!("chat-absurd"), (2, 1), 1, served(absurd, 1)),
        case("responses", Responses, recorded!("responses"), (1, 1), 12, served(response, 1)),
        case(
            "responses, incomplete",
            Responses,
            recorded!("responses-incomplete"),
            (1, 1),
            20,
            served(response, 1),
        ),
        case("responses, failed", Responses, recorded!("responses-failed"), (1, 1), 3, failed),
        case("responses, error", Responses, recorded!("responses-error"), (1, 1), 3, failed),
        case("messages", Messages, recorded!("messages"), (2, 1), 17, served(message, 1)),
        case("messages, tools", Messages, recorded!("messages-tools"), (2, 1), 28, served(tool, 1)),
        case(
            "messages, no usage",
            Messages,
            recorded!("messages-no-usage"),
            (1, 1),
            19,
            served(missing, 1),
        ),
        case("messages, error", Messages, recorded!("messages-error"), (1, 1), 2, failed),
    ]
}
