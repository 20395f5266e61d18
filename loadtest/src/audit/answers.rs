//! What the callers saw, against the charges and the bill.

use std::collections::HashSet;

use super::charge::Ending;
use super::records::Records;
use super::{Check, Observed};
use crate::traffic::{Answered, Ended, Fault};

pub(super) fn checks(run: &Observed, records: &Records<'_>) -> Vec<Check> {
    let served = || run.answers.iter().filter(|answer| answer.is_served());
    let honest = || served().filter(|answer| answer.call.fault() == Fault::None);
    let ids = || run.answers.iter().filter_map(|answer| answer.request_id.as_deref());
    let strange = run.answers.iter().filter(|answer| !is_expected(answer, run));
    let ended_as = |answer: &Answered, ending: &Ending| {
        records.charges(id(answer)).iter().any(|charge| charge.ending == *ending)
    };
    vec![
        Check::at_least("answers that were complete", 1, served().count() as u64),
        Check::none("answers that nothing explains", list(strange)),
        Check::same(
            "request ids, each its own",
            ids().count(),
            ids().collect::<HashSet<_>>().len(),
        ),
        Check::none(
            "complete answers without exactly one charge",
            list(served().filter(|answer| records.charges(id(answer)).len() != 1)),
        ),
        Check::none(
            "complete answers charged otherwise than the bill",
            honest().filter_map(|answer| off_the_bill(answer, records)).collect(),
        ),
        Check::none(
            "complete answers charged as indeterminate",
            list(served().filter(|answer| ended_as(answer, &Ending::Indeterminate))),
        ),
        Check::none(
            "complete answers estimated though their usage was told",
            list(honest().filter(|answer| ended_as(answer, &Ending::Estimated))),
        ),
        Check::none(
            "errors that were charged",
            list(run.answers.iter().filter(|answer| is_charged_error(answer, records))),
        ),
    ]
}

/// The id of an answer; none is like that of no charge.
fn id(answer: &Answered) -> &str {
    answer.request_id.as_deref().unwrap_or_default()
}

fn list<'a>(answers: impl Iterator<Item = &'a Answered>) -> Vec<String> {
    answers.map(described).collect()
}

/// An answer in a line.
pub(crate) fn described(answer: &Answered) -> String {
    let Answered { call, status, ended, .. } = answer;
    let code = answer.code.as_deref().unwrap_or("no code");
    let request = answer.request_id.as_deref().unwrap_or("no id");
    let why = match ended {
        Ended::Cut(why) | Ended::Unconnected(why) => why,
        Ended::Complete | Ended::Left => "",
    };
    let (shape, ended) = (call.shape.name(), ended.name());
    format!(
        "call {}, {shape} of {} by {}: {status} {code}, {ended} {why} ({request})",
        call.number, call.model, call.key
    )
}

/// Whether the run itself explains this answer: its kills, its faults, its leaving callers.
fn is_expected(answer: &Answered, run: &Observed) -> bool {
    let killed = run.kills.count > 0;
    let faulty = answer.call.fault() == Fault::Misbehaves;
    match (&answer.ended, answer.status) {
        (Ended::Left, _) => answer.call.leaves_after.is_some(),
        (Ended::Unconnected(_), _) => killed,
        (Ended::Cut(_), _) => killed || faulty,
        (Ended::Complete, 200 | 402) => true,
        (Ended::Complete, 429) => faulty || answer.code.as_deref() == Some("credits_held"),
        (Ended::Complete, 503) => killed || run.store_away,
        (Ended::Complete, 500 | 502 | 504) => faulty,
        (Ended::Complete, _) => false,
    }
}

/// Says how a complete answer was charged otherwise than the provider's bill has it.
fn off_the_bill(answer: &Answered, records: &Records<'_>) -> Option<String> {
    let request = id(answer);
    let charged: u64 = records.charges(request).iter().map(|charge| charge.charged.micros()).sum();
    let (lines, price) = (records.bill(request).len(), records.price(request));
    let agrees = lines == 1 && charged == price;
    (!agrees).then(|| {
        format!(
            "{}: charged {charged}, billed {price} micro-credits on {lines} lines",
            described(answer)
        )
    })
}

/// An answer that is an error costs nothing, whatever the provider had to do with it.
fn is_charged_error(answer: &Answered, records: &Records<'_>) -> bool {
    let error = answer.status != 200 && answer.status != 0 && answer.ended == Ended::Complete;
    error && records.charges(id(answer)).iter().any(|charge| !charge.charged.is_zero())
}
