//! What a run was made to meet.

use ledger::{Charge, LineSource};

use super::op::{Answer, Op};
use crate::{
    Change, Changed, ClaimAnswer, Error, NodeState, Result, SyncAnswer, SyncRequest, Verdict,
};

/// What a run must have met.
pub(super) const ALL: [&str; 39] = [
    "wrote something off",
    "made up for a loss",
    "found a loss spent",
    "met one that is retired",
    "leased",
    "leased to an ask",
    "was short for good",
    "was short for now",
    "was held",
    "was in doubt",
    "was recalled",
    "wished for more than a share",
    "booked a lost lease",
    "told of what is recalled",
    "met a silent gateway",
    "met one that has left",
    "gave back",
    "burnt a grant",
    "counted in a limit",
    "paid from an earlier start's lease",
    "opened with something spent",
    "expired",
    "gave something back",
    "listed what is indeterminate",
    "was corrupt",
    "was a conflict",
    "was a rewind or a mismatch",
    "claimed a key",
    "met a running request",
    "met a finished request",
    "met a key of something else",
    "was stale",
    "made a key with its limits",
    "told of a key's secrets",
    "told of a secret's last use",
    "made a newcomer",
    "met a member by its subject",
    "told of a revoked token",
    "forgot a token",
];

/// What an operation and its answer are examples of.
pub(super) fn examples(op: &Op, answer: &Result<Answer>) -> Vec<&'static str> {
    let mut met = Vec::new();
    match (op, answer) {
        (Op::Sync(request), Ok(Answer::Synced(answer))) => synced(&mut met, request, answer),
        (_, Ok(Answer::Alive(heard))) => {
            met.extend((!heard.recalled.is_empty()).then_some("told of what is recalled"));
        }
        (_, Ok(Answer::Retired(retired))) => {
            met.extend((!retired.written_off.is_empty()).then_some("wrote something off"));
            met.extend((!retired.compensations.is_empty()).then_some("made up for a loss"));
        }
        (_, Ok(Answer::Nodes(nodes))) => {
            let any = |state| nodes.iter().any(|node| node.state == state);
            met.extend(any(NodeState::Suspect).then_some("met a silent gateway"));
            met.extend(any(NodeState::Stopped).then_some("met one that has left"));
            met.extend(any(NodeState::Retired).then_some("met one that is retired"));
        }
        (_, Ok(Answer::Periods(periods))) => {
            let spent = periods.iter().any(|period| !period.spent.is_zero());
            met.extend(spent.then_some("opened with something spent"));
        }
        (_, Ok(Answer::Expired(expired))) => {
            met.extend((!expired.is_empty()).then_some("expired"));
        }
        (_, Ok(Answer::Adjusted(adjusted))) => {
            met.extend((adjusted.after < adjusted.before).then_some("gave something back"));
        }
        (_, Ok(Answer::Indeterminate(listed))) => {
            met.extend((!listed.is_empty()).then_some("listed what is indeterminate"));
        }
        (Op::MakeKey(_, limits, _), Ok(_)) => {
            met.extend((!limits.is_empty()).then_some("made a key with its limits"));
        }
        (Op::Provision(provision), Ok(Answer::Provisioned(member, _))) => {
            let came = member.standing.id == provision.member.standing.id;
            met.push(if came { "made a newcomer" } else { "met a member by its subject" });
        }
        (_, Ok(Answer::Secrets(hashes))) => {
            met.extend((!hashes.is_empty()).then_some("told of a key's secrets"));
        }
        (_, Ok(Answer::Changes(changes))) => met.extend(changes.iter().filter_map(told)),
        (_, Ok(Answer::Claim(answer))) => met.push(match answer {
            ClaimAnswer::Claimed => "claimed a key",
            ClaimAnswer::Running { .. } => "met a running request",
            ClaimAnswer::Finished { .. } => "met a finished request",
            ClaimAnswer::Mismatch => "met a key of something else",
        }),
        (_, Err(Error::Corrupt(_))) => met.push("was corrupt"),
        (_, Err(Error::Conflict(_))) => met.push("was a conflict"),
        (_, Err(Error::Stale(_))) => met.push("was stale"),
        (_, Err(Error::Rewind { .. } | Error::Mismatch { .. })) => {
            met.push("was a rewind or a mismatch");
        }
        _ => {}
    }
    met
}

fn synced(met: &mut Vec<&'static str>, request: &SyncRequest, answer: &SyncAnswer) {
    let lines = || request.events.iter().flat_map(|charge| &charge.lines);
    let earlier = |charge: &Charge| charge.hold.epoch < request.epoch;
    let paid_earlier =
        request.events.iter().any(|charge| earlier(charge) && !charge.lines.is_empty());
    met.extend((!answer.granted.is_empty()).then_some("leased"));
    met.extend(answer.verdicts.iter().map(decided));
    met.extend((!answer.recalled.is_empty()).then_some("was recalled"));
    let divided = request.refill.iter().any(|wish| wish.divisor.get() > 1);
    met.extend((divided && answer.granted.is_empty()).then_some("wished for more than a share"));
    met.extend((!request.regranted.is_empty()).then_some("booked a lost lease"));
    met.extend((!request.give_back.is_empty()).then_some("gave back"));
    met.extend((!request.report.is_empty()).then_some("burnt a grant"));
    let counted = lines().any(|line| line.source == LineSource::Limit);
    met.extend(counted.then_some("counted in a limit"));
    met.extend(paid_earlier.then_some("paid from an earlier start's lease"));
}

const fn decided(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Leased => "leased to an ask",
        Verdict::Short { lasting: true, .. } => "was short for good",
        Verdict::Short { lasting: false, .. } => "was short for now",
        Verdict::Held => "was held",
        Verdict::InDoubt => "was in doubt",
    }
}

fn told(change: &Change) -> Option<&'static str> {
    match &change.what {
        Changed::TokenRevoked(_) => Some("told of a revoked token"),
        Changed::Key(key) if key.secrets.iter().any(|secret| secret.last_used.is_some()) => {
            Some("told of a secret's last use")
        }
        _ => None,
    }
}
