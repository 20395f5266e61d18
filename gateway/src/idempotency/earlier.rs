//! What the second request of a key is told of the first.

use ledger::{Credits, HoldId};
use store::ClaimAnswer;

use crate::refusal::{Code, Denial, First};

/// The denial that an answer comes to; `None` for the key's own request.
pub(super) fn denial(answer: ClaimAnswer) -> Option<Denial> {
    match answer {
        ClaimAnswer::Claimed => None,
        ClaimAnswer::Running { hold } => {
            let message = format!(
                "the request {hold} of this idempotency key is still running; ask again for what \
                 became of it"
            );
            let first = First { request: hold, outcome: None };
            Some(Denial::new(Code::IdempotencyRunning, message).second_to(first))
        }
        ClaimAnswer::Finished { hold, status, charged } => {
            let first = First { request: hold, outcome: Some((status, charged)) };
            let denial = Denial::new(Code::IdempotencyFinished, finished(hold, status, charged));
            Some(denial.second_to(first))
        }
        ClaimAnswer::Mismatch => Some(Denial::new(
            Code::IdempotencyMismatch,
            "this idempotency key was used for another request; give each request a key of its own",
        )),
    }
}

fn finished(hold: HoldId, status: u16, charged: Credits) -> String {
    let answer = match status {
        0 => "ended without a whole answer".to_owned(),
        status => format!("was answered with status {status}"),
    };
    format!(
        "the request {hold} of this idempotency key {answer} and charged {charged} credits; its \
         body is not kept, and another key makes another call"
    )
}
