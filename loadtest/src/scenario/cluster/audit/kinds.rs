//! The answers that are neither a 200 nor a 402: each is to be explained by what was done.

use super::Run;
use crate::audit::{Check, described};
use crate::cli::Faults;
use crate::traffic::{Answered, Ended};

pub(super) fn checks(run: &Run) -> Vec<Check> {
    let gateways = run.answers.iter().enumerate();
    let strange = gateways.flat_map(|(gateway, answers)| {
        let strange = answers.iter().filter(move |answer| !is_explained(run, gateway, answer));
        strange.map(move |answer| format!("gateway {}, {}", gateway + 1, described(answer)))
    });
    let of_each = run.answers.iter().map(Vec::len).min().unwrap_or_default();
    vec![
        Check::none("answers other than what the run explains", strange.collect()),
        Check::at_least("answers of the gateway that had the fewest", 1, of_each as u64),
    ]
}

/// Without faults there is nothing but 200 and 402; only a killed gateway breaks anything off.
fn is_explained(run: &Run, gateway: usize, answer: &Answered) -> bool {
    let faulty = run.faults != Faults::None;
    let code = answer.code.as_deref().unwrap_or_default();
    match (&answer.ended, answer.status) {
        (Ended::Complete, 200 | 402) => true,
        (Ended::Complete, 429) => faulty && code == "credits_held",
        (Ended::Complete, 503) => {
            faulty && ["ledger_unavailable", "credits_in_doubt"].contains(&code)
        }
        (Ended::Cut(_) | Ended::Unconnected(_), _) => {
            run.happened.killed.is_some_and(|killed| killed.gateway == gateway)
        }
        (Ended::Complete | Ended::Left, _) => false,
    }
}
