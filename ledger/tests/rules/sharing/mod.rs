//! Accounts that other gateways spend from too.

mod asking;
mod leasing;
mod low;
mod remembering;

use ledger::{
    AccountId, Answer, Change, Credits, Decided, Figures, Scope, ShortOf, Ticket, Verdict,
};

use crate::org::{Org, credits, limit};

fn leased(account: AccountId, amount: u64) -> Change {
    Change::Leased(vec![(account, credits(amount))])
}

fn figures(account: AccountId, spent: u64, drained: bool) -> Figures {
    Figures { account, spent: credits(spent), refunded: Credits::ZERO, drained }
}

fn answer(org: &mut Org, ticket: Ticket, verdict: Verdict, known: Vec<Figures>) -> Decided {
    let verdicts = vec![(ticket, verdict)];
    org.book.take_answer(Answer { verdicts, figures: known, ..Answer::default() }, org.now)
}

fn short(account: AccountId, lasting: bool) -> Verdict {
    Verdict::Short { on: ShortOf::Limit(account), lasting }
}

/// An organisation that shares a limit of 100 and a grant of 1,000 and has 60 of the limit left, by
/// the store's last word.
fn with_limit() -> (Org, AccountId, AccountId) {
    let (mut org, pool) = Org::sharing(1_000);
    let account = org.unleased_limit(limit(1, Scope::Org, 100));
    org.apply(Change::Figures(figures(account, 40, false)));
    (org, account, pool)
}
