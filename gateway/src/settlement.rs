//! Who pays: from how a request ended to what it is charged.

use ledger::{Cause, Credits, Ending, Unit, Usage};

use crate::meter::{Outcome, Reported, counted_tokens};
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
        let quoted = &running.quoted;
        let reported = running.meter.as_ref().and_then(|meter| meter.reported());
        let said = reported
            .filter(|usage| (1..=quoted.most.input_tokens()).contains(&usage.input_tokens()));
        let input =
            said.unwrap_or_else(|| Usage::default().with(Unit::InputToken, quoted.counted_input));
        let images = outputs.min(quoted.most.get(Unit::Image));
        let usage = input
            .with(Unit::Request, 1)
            .with(Unit::OutputToken, counted_tokens(relayed_text(running)))
            .with(Unit::Image, images);
        let cost = quoted.price.cost(&usage).unwrap_or(Credits::MAX).min(running.held());
        Self { cost, usage, ending: Ending::Estimated, outputs }
    }
}

fn relayed_text(running: &Running) -> u64 {
    if let Some(growth) = &running.growth {
        return growth.delivered();
    }
    running.meter.as_ref().map_or(0, |meter| meter.relayed().text_bytes)
}
