//! Every 402 replayed: was less left than it needed, by figures that others confirm?

use std::collections::{BTreeMap, HashMap};

use ledger::Credits;

use super::answers::described;
use super::prices::most;
use super::refused::{Refused, Seen};
use super::{Check, Observed};
use crate::balance::{Balance, Standing};
use crate::traffic::{Answered, Figures, Shape};

pub(super) fn checks(run: &Observed) -> Vec<Check> {
    let logged: HashMap<_, _> =
        run.refusals.iter().map(|refused| (refused.request.as_str(), refused)).collect();
    let told: Vec<_> = run.answers.iter().filter(|answer| answer.is_refused()).collect();
    let of = |answer: &Answered| logged.get(answer.request_id.as_deref()?).copied();
    let unlogged = told.iter().filter(|answer| of(answer).is_none());
    let pairs: Vec<Pair<'_>> =
        told.iter().filter_map(|answer| Some(Pair { answer, refused: of(answer)? })).collect();
    let spent = Spent::of(run);
    let list = |wrong: &dyn Fn(&Pair<'_>) -> bool| {
        pairs.iter().filter(|pair| wrong(pair)).map(Pair::described).collect()
    };
    let fits = run.refusals.iter().filter(|refused| refused.left() >= refused.required);
    vec![
        Check::none(
            "402s that the gateway did not log",
            unlogged.map(|answer| described(answer)).collect(),
        ),
        Check::none("402s told otherwise than logged", list(&|pair| pair.contradicts())),
        Check::none("402s that would have fitted", fits.map(|r| format!("{r:?}")).collect()),
        Check::none(
            "402s that need more than their call can cost",
            list(&|pair| pair.asks_too_much()),
        ),
        Check::none(
            "402s that leave a grant out, or make an account smaller",
            list(&|pair| pair.belittles(run)),
        ),
        Check::none(
            "402s that count more spent than was charged",
            list(&|pair| pair.exaggerates(run, &spent)),
        ),
    ]
}

/// A 402 as its caller saw it, and as the gateway logged it.
struct Pair<'a> {
    answer: &'a Answered,
    refused: &'a Refused,
}

impl Pair<'_> {
    /// The answer's machine block and the log line are about the same figures.
    fn contradicts(&self) -> bool {
        let Some(figures) = &self.answer.figures else { return true };
        let Refused { code, required, accounts, .. } = self.refused;
        let sum = |figure: fn(&Seen) -> Credits| total(accounts.iter().map(figure)).to_string();
        let logged = [
            required.to_string(),
            sum(|seen| seen.amount),
            sum(|seen| seen.spent),
            sum(|seen| seen.held),
        ];
        let told = [&figures.required, &figures.limit, &figures.spent, &figures.held];
        Some(code) != self.answer.code.as_ref()
            || logged.iter().ne(told)
            || !figures.shortage().unwrap_or(false)
    }

    /// A call cannot cost more than its body read byte by byte and all that it may say.
    fn asks_too_much(&self) -> bool {
        let call = &self.answer.call;
        let body = call.shape.body(call.model, call.max_tokens).len() as u64;
        let images = if call.shape == Shape::Images { IMAGES } else { 0 };
        let output = u64::from(call.max_tokens.unwrap_or(MAX_TOKENS_UNSAID));
        self.refused.required.micros() > most(call.model, body, output, images)
    }

    /// The accounts are all that the caller had before the load, at their full amounts. None was
    /// lowered in the run.
    fn belittles(&self, run: &Observed) -> bool {
        let Some(before) = run.before.get(&self.answer.call.key) else { return true };
        match self.limit(before) {
            Some(limit) => self.refused.accounts.iter().any(|seen| seen.amount < limit.amount),
            None => before.grants.iter().any(|grant| {
                let account = grant.account();
                let seen = self.refused.accounts.iter().find(|seen| seen.account == account);
                seen.is_none_or(|seen| seen.amount < grant.figures.amount)
            }),
        }
    }

    /// What is said to be spent is what was spent before the run and what the charges took that had
    /// ended by then.
    fn exaggerates(&self, run: &Observed, spent: &Spent<'_>) -> bool {
        let Some(before) = run.before.get(&self.answer.call.key) else { return true };
        let limit = self.limit(before).map(|limit| limit.spent);
        self.refused.accounts.iter().any(|seen| {
            let grant = before.grants.iter().find(|grant| grant.account() == seen.account);
            let opened = limit.or_else(|| grant.map(|grant| grant.figures.spent));
            let opened = opened.unwrap_or(Credits::ZERO);
            seen.spent.micros() > opened.micros() + spent.by(&seen.account, self.refused.at)
        })
    }

    /// The limit that was short, as it stood before the load; `None` when grants were.
    fn limit(&self, before: &Balance) -> Option<Standing> {
        let Figures { scope, period, .. } = self.answer.figures.as_ref()?;
        let limit = before.limits.iter().find(|limit| {
            Some(&limit.scope) == scope.as_ref() && Some(&limit.period) == period.as_ref()
        });
        limit.map(|limit| limit.figures)
    }

    fn described(&self) -> String {
        format!("{:?}, told {:?}", self.refused, self.answer.figures)
    }
}

/// Images that a call for images asks for.
const IMAGES: u64 = 2;
/// The output that is bought first where the call leaves it open: the gateway's default.
const MAX_TOKENS_UNSAID: u32 = 4_096;

impl Refused {
    /// What was left of all its accounts: what is held may come back, so it counts.
    fn left(&self) -> Credits {
        total(self.accounts.iter().map(|seen| seen.amount.saturating_sub(seen.spent)))
    }
}

fn total(amounts: impl Iterator<Item = Credits>) -> Credits {
    amounts.fold(Credits::ZERO, Credits::saturating_add)
}

/// What the charges took from each account, as time went on.
struct Spent<'a>(BTreeMap<&'a str, Vec<(i64, u64)>>);

impl<'a> Spent<'a> {
    fn of(run: &'a Observed) -> Self {
        let mut spent = BTreeMap::<_, Vec<_>>::new();
        for charge in &run.charges {
            for line in &charge.lines {
                let paid = (charge.ended, line.amount.micros());
                spent.entry(line.account.as_str()).or_default().push(paid);
            }
        }
        for paid in spent.values_mut() {
            paid.sort_unstable();
            let mut sum = 0;
            paid.iter_mut().for_each(|(_, amount)| {
                sum += *amount;
                *amount = sum;
            });
        }
        Self(spent)
    }

    /// The sum of the charges that had ended at an instant, in micro-credits.
    fn by(&self, account: &str, at: i64) -> u64 {
        let Some(paid) = self.0.get(account) else { return 0 };
        let count = paid.partition_point(|(ended, _)| *ended <= at);
        count.checked_sub(1).and_then(|last| paid.get(last)).map_or(0, |(_, sum)| *sum)
    }
}
