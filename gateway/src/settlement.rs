//! Who pays: from how a request ended to what it is charged.

use journal::Due;
use ledger::{Cause, Credits, Ending, Unit, Usage};

use crate::meter::{Outcome, Reported, counted_tokens};
use crate::quote::Quoted;
use crate::running::Running;

/// How a request ended.
#[derive(Clone, Copy)]
pub(crate) enum How<'a> {
    /// The meter knows what the answer used, or that the provider did not say.
    Answered(&'a Outcome),
    /// The answer began and broke off: the client hung up, the provider or we cut it.
    Cut,
    /// Not one byte of an answer was delivered.
    Undelivered(Cause),
}

/// What a request costs.
#[derive(Debug)]
pub(crate) struct Bill {
    pub(crate) cost: Credits,
    pub(crate) usage: Usage,
    pub(crate) ending: Ending,
    pub(crate) outputs: u64,
}

impl Bill {
    /// The table of who pays: the customer, for what was delivered.
    pub(crate) fn of(running: &Running, how: How<'_>) -> Self {
        match how {
            How::Undelivered(cause) => Self {
                cost: Credits::ZERO,
                usage: Usage::default(),
                ending: Ending::Released(cause),
                outputs: 0,
            },
            How::Answered(outcome) if outcome.failed => match &outcome.usage {
                Reported::Usage(usage) => Self::reported(running, *usage, outcome.outputs, true),
                // A whole answer that is an error: nothing of use was relayed.
                Reported::Missing | Reported::Absurd if relayed_text(running) == 0 => {
                    Self::of(running, How::Undelivered(Cause::ProviderError))
                }
                Reported::Missing | Reported::Absurd => Self::counted(running, outcome.outputs),
            },
            How::Answered(outcome) => match &outcome.usage {
                Reported::Usage(usage) => Self::reported(running, *usage, outcome.outputs, false),
                // A success that cannot be read is taken to hold what was asked for.
                Reported::Missing | Reported::Absurd if outcome.outputs == 0 => {
                    Self::counted(running, running.quoted.most.get(Unit::Image))
                }
                Reported::Missing | Reported::Absurd => Self::counted(running, outcome.outputs),
            },
            How::Cut => {
                let outputs = running.meter.as_ref().map_or(0, |meter| meter.relayed().outputs);
                Self::counted(running, outputs)
            }
        }
    }

    /// The provider's usage, priced, unless it is beyond what the request allowed.
    fn reported(running: &Running, usage: Usage, outputs: u64, broken: bool) -> Self {
        let most = &running.quoted.most;
        let allowed_output = running
            .growth
            .as_ref()
            .map_or_else(|| most.get(Unit::OutputToken), |growth| growth.maximum());
        let plausible = usage.input_tokens() <= most.input_tokens()
            && usage.get(Unit::OutputToken) <= allowed_output
            && usage.get(Unit::Image) <= most.get(Unit::Image);
        match running.quoted.price.cost(&usage) {
            Ok(cost) if plausible => {
                let ending = if broken { Ending::Estimated } else { Ending::Settled };
                Self { cost, usage, ending, outputs }
            }
            _ => Self::counted(running, outputs),
        }
    }

    /// Fixed prices exactly, tokens as counted by us, at most the hold.
    fn counted(running: &Running, outputs: u64) -> Self {
        let images = outputs.min(running.quoted.most.get(Unit::Image));
        let Due { usage, cost } = due(running, counted_tokens(relayed_text(running)), images);
        Self { cost: cost.min(running.held()), usage, ending: Ending::Estimated, outputs }
    }
}

/// What is due for an answer that has come so far: fixed prices exactly, tokens as counted by us.
fn due(running: &Running, output_tokens: u64, images: u64) -> Due {
    let quoted = &running.quoted;
    let reported = running.meter.as_ref().and_then(|meter| meter.reported());
    let said =
        reported.filter(|usage| (1..=quoted.most.input_tokens()).contains(&usage.input_tokens()));
    priced(quoted, said.unwrap_or_else(|| counted_input(quoted)), output_tokens, images)
}

/// What is due of a request whose answer has started, of which nothing more is known.
pub(crate) fn due_at_start(quoted: &Quoted) -> Due {
    priced(quoted, counted_input(quoted), 0, quoted.most.get(Unit::Image))
}

/// What is due of a request, should nothing more be heard of it.
pub(crate) fn due_by_now(running: &Running, output_tokens: u64) -> Due {
    due(running, output_tokens, running.quoted.most.get(Unit::Image))
}

fn counted_input(quoted: &Quoted) -> Usage {
    Usage::default().with(Unit::InputToken, quoted.counted_input)
}

fn priced(quoted: &Quoted, input: Usage, output_tokens: u64, images: u64) -> Due {
    let usage = input
        .with(Unit::Request, 1)
        .with(Unit::OutputToken, output_tokens)
        .with(Unit::Image, images);
    Due { usage, cost: quoted.price.cost(&usage).unwrap_or(Credits::MAX) }
}

fn relayed_text(running: &Running) -> u64 {
    if let Some(growth) = &running.growth {
        return growth.delivered();
    }
    running.meter.as_ref().map_or(0, |meter| meter.relayed().text_bytes)
}
