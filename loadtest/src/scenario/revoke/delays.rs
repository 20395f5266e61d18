//! What is asked of the revocations: how late the last call was sent that was served all the same.

use std::collections::HashMap;

use super::UNAUTHORIZED;
use super::revoker::Revoked;
use crate::audit::{Check, Observed, audit_records, described};
use crate::traffic::{Answered, Ended};

/// All that is known about a run.
pub(super) struct Run {
    /// Calls per second, of all gateways together.
    pub(super) rate: u32,
    /// The answers of each gateway.
    pub(super) answers: Vec<Vec<Answered>>,
    pub(super) revoked: Vec<Revoked>,
    pub(super) records: Observed,
}

impl Run {
    /// For each key, in microseconds: from the commit of its revocation to the last call that was sent
    /// and served all the same. Shortest first.
    pub(super) fn delays(&self) -> Vec<i64> {
        let mut last = HashMap::<&str, i64>::new();
        for answer in self.served() {
            let sent = last.entry(&answer.call.key).or_insert(answer.sent);
            *sent = answer.sent.max(*sent);
        }
        let delay = |revoked: &Revoked| {
            let sent = last.get(revoked.key.as_str()).copied().unwrap_or_default();
            sent.saturating_sub(revoked.committed).max(0)
        };
        self.spread(delay)
    }

    fn spread(&self, micros: impl Fn(&Revoked) -> i64) -> Vec<i64> {
        let mut spread: Vec<_> = self.revoked.iter().map(micros).collect();
        spread.sort_unstable();
        spread
    }

    /// For each key, in microseconds: from the request to revoke it to the commit. Shortest first.
    pub(super) fn commits_took(&self) -> Vec<i64> {
        self.spread(|revoked| revoked.committed - revoked.asked)
    }

    /// For each key, in microseconds: from the request to revoke it to the answer. Shortest first.
    pub(super) fn answers_took(&self) -> Vec<i64> {
        self.spread(|revoked| revoked.answered - revoked.asked)
    }

    /// Every comparison that the run allows; 99 of 100 keys are to be served no longer than so many
    /// milliseconds.
    pub(super) fn audit(&self, within_ms: u32) -> Vec<Check> {
        let gateways = self.answers.len();
        let revoked = |wrong: &dyn Fn(&Revoked) -> bool| {
            self.revoked.iter().filter(|it| wrong(it)).map(|it| format!("{it:?}")).collect()
        };
        let is_everywhere = |it: &Revoked| {
            it.applied.nodes == it.applied.of && usize::try_from(it.applied.of) == Ok(gateways)
        };
        let p99 = u64::try_from(percentile(&self.delays(), 99)).unwrap_or(u64::MAX);
        let mut checks = vec![
            Check::at_least("keys revoked", 1, self.revoked.len() as u64),
            Check::none(
                "keys that not every gateway had served before",
                revoked(&|it| it.served_by < gateways),
            ),
            Check::none(
                "revocations not in force on every gateway when answered",
                revoked(&|it| !is_everywhere(it)),
            ),
            Check::none(
                "keys that not every gateway refused afterwards",
                revoked(&|it| it.refused_by < gateways),
            ),
            Check::none("calls sent after the admin's answer and served", self.late()),
            Check::none("keys refused that nobody had revoked", self.early()),
            Check::none("answers other than 200 and 401", self.strange()),
            Check::at_most(
                "last call served after the commit: p99 in us",
                u64::from(within_ms) * 1_000,
                p99,
            ),
        ];
        checks.extend(audit_records(&self.records));
        checks
    }

    fn served(&self) -> impl Iterator<Item = &Answered> {
        self.answers.iter().flatten().filter(|answer| answer.status == 200)
    }

    fn revoked_key(&self, answer: &Answered) -> Option<&Revoked> {
        let number = answer.call.key.strip_prefix("target-")?;
        self.revoked.get(number.parse::<usize>().ok()?)
    }

    fn late(&self) -> Vec<String> {
        let late = self.served().filter(|answer| {
            self.revoked_key(answer).is_some_and(|revoked| answer.sent > revoked.answered)
        });
        late.map(described).collect()
    }

    fn early(&self) -> Vec<String> {
        let refused = self.answers.iter().flatten().filter(|it| it.status == UNAUTHORIZED);
        let early = refused.filter(|answer| {
            self.revoked_key(answer).is_none_or(|revoked| answer.ended_at() < revoked.asked)
        });
        early.map(described).collect()
    }

    fn strange(&self) -> Vec<String> {
        let usual = |answer: &&Answered| {
            answer.ended == Ended::Complete && [200, UNAUTHORIZED].contains(&answer.status)
        };
        let strange = self.answers.iter().flatten().filter(|answer| !usual(answer));
        strange.map(described).collect()
    }
}

/// The value that so many of a hundred stay within, of values in order; 0 of none.
pub(super) fn percentile(values: &[i64], percent: usize) -> i64 {
    let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(rank).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installation::Applied;
    use crate::traffic::Calls;

    fn answer(key: &str, status: u16, sent: i64) -> Answered {
        let call = super::super::aim::Aim::new(0).call(1);
        let call = crate::traffic::Planned { key: key.into(), ..call };
        let ended = Ended::Complete;
        Answered {
            call,
            status,
            code: None,
            ended,
            sent,
            micros: 1,
            request_id: None,
            figures: None,
        }
    }

    /// A key whose revocation is asked for at 800, committed at 1,000, in force at 3,000, and served by calls sent until 2,500.
    fn honest() -> Run {
        let served = |sent| answer("target-0", 200, sent);
        let refused = |sent| answer("target-0", 401, sent);
        let applied = Applied { nodes: 2, of: 2, missing: Vec::new() };
        let revoked = Revoked {
            key: "target-0".to_owned(),
            asked: 800,
            committed: 1_000,
            answered: 3_000,
            applied,
            served_by: 2,
            refused_by: 2,
        };
        Run {
            rate: 100,
            answers: vec![
                vec![served(900), served(2_500), refused(3_100)],
                vec![served(950), refused(2_600), answer("other-1", 200, 9_000)],
            ],
            revoked: vec![revoked],
            records: Observed {
                answers: Vec::new(),
                calls_billed: 0,
                bill: Vec::new(),
                charges: Vec::new(),
                before: [].into(),
                after: [].into(),
                samples: crate::audit::Samples::default(),
                refusals: Vec::new(),
                beside: nothing(),
                reconciled: nothing(),
                kills: crate::audit::Kills::default(),
                store_away: false,
            },
        }
    }

    fn nothing() -> crate::audit::Reconciled {
        let (checks, in_doubt, indeterminate) = (Vec::new(), Vec::new(), Vec::new());
        crate::audit::Reconciled { holds: true, checks, in_doubt, indeterminate }
    }

    fn broken(plant: impl FnOnce(&mut Run)) -> Vec<&'static str> {
        let mut run = honest();
        plant(&mut run);
        let checks = run.audit(2);
        let broken = checks.iter().filter(|check| !check.holds()).map(|check| check.rule);
        // There is no answer in the records of these runs.
        broken.filter(|rule| *rule != "answers that were complete").collect()
    }

    #[test]
    fn an_honest_run_holds_and_its_delay_is_that_of_the_last_call_served() {
        assert_eq!(broken(|_| ()), Vec::<&str>::new());
        assert_eq!(honest().delays(), [1_500]);
    }

    #[test]
    fn a_call_sent_before_the_commit_is_no_delay() {
        let mut run = honest();
        run.answers[0].remove(1);
        assert_eq!(run.delays(), [0]);
    }

    #[test]
    fn a_call_served_after_the_admins_answer_is_found() {
        let found = broken(|run| run.answers[1].push(answer("target-0", 200, 3_001)));
        let rules = [
            "calls sent after the admin's answer and served",
            "last call served after the commit: p99 in us",
        ];
        assert_eq!(found, rules);
    }

    #[test]
    fn a_key_that_was_served_too_long_is_found() {
        let found = broken(|run| {
            run.revoked[0].answered = 9_000;
            run.answers[1].push(answer("target-0", 200, 3_001));
        });
        assert_eq!(found, ["last call served after the commit: p99 in us"]);
    }

    #[test]
    fn a_gateway_that_did_not_hear_of_it_or_had_not_served_is_found() {
        let missing = broken(|run| run.revoked[0].applied.nodes = 1);
        assert_eq!(missing, ["revocations not in force on every gateway when answered"]);
        let unheard = broken(|run| run.revoked[0].refused_by = 1);
        assert_eq!(unheard, ["keys that not every gateway refused afterwards"]);
        let cold = broken(|run| run.revoked[0].served_by = 1);
        assert_eq!(cold, ["keys that not every gateway had served before"]);
        assert_eq!(broken(|run| run.revoked.clear()).first(), Some(&"keys revoked"));
    }

    #[test]
    fn a_key_refused_too_early_or_without_cause_is_found() {
        let rule = ["keys refused that nobody had revoked"];
        assert_eq!(broken(|run| run.answers[0].push(answer("target-0", 401, 700))), rule);
        assert_eq!(broken(|run| run.answers[0].push(answer("other-2", 401, 5_000))), rule);
    }

    #[test]
    fn any_other_answer_is_found() {
        let rule = ["answers other than 200 and 401"];
        assert_eq!(broken(|run| run.answers[0].push(answer("other-2", 402, 5_000))), rule);
        assert_eq!(broken(|run| run.answers[0][0].ended = Ended::Cut(String::new())), rule);
    }

    #[test]
    fn a_percentile_is_the_value_that_so_many_stay_within() {
        let values: Vec<i64> = (1..=200).collect();
        let of = |percent| percentile(&values, percent);
        assert_eq!((of(50), of(99), of(100)), (100, 198, 200));
        assert_eq!((percentile(&[7], 99), percentile(&[], 99)), (7, 0));
    }
}
