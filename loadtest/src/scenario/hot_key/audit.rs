//! Compares what the callers saw with what the gateway charged and with what the provider billed.

use std::collections::HashSet;

use ledger::Credits;

use crate::audit::Check;
use crate::traffic::{Answered, Figures};

/// All that is known about the run, each from its own source.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// What one call costs.
    pub(crate) price: Credits,
    /// The key's balance before the first call.
    pub(crate) before: Credits,
    /// And after the last.
    pub(crate) after: Credits,
    /// Calls that the provider wants to be paid for.
    pub(crate) billed: u64,
    /// What the callers saw.
    pub(crate) answers: Vec<Answered>,
    /// What the gateway says it charged, for each answer 200.
    pub(crate) charges: Vec<Credits>,
}

/// Every comparison that the run allows.
pub(crate) fn audit(run: &Observed) -> Vec<Check> {
    let requests = count(&run.answers, |_| true);
    let served = count(&run.answers, Answered::is_served);
    let refused = count(&run.answers, Answered::is_refused);
    let affordable = run.before.micros().checked_div(run.price.micros()).unwrap_or(u64::MAX);
    let payable = affordable.min(requests);
    let ids: HashSet<_> = run.answers.iter().filter_map(|a| a.request_id.as_ref()).collect();

    vec![
        Check::same("answers 200: what the balance pays for", payable, served),
        Check::same("answers 402: the rest", requests - payable, refused),
        Check::same("answers of another kind, or cut", 0, requests - served - refused),
        Check::same("request ids, each its own", requests, ids.len()),
        Check::same("provider's bill: the answers 200", served, run.billed),
        Check::same("credits charged: the answers 200 at their price", cost(run, served), sum(run)),
        Check::same("charges of another amount", 0, count(&run.charges, |c| *c != run.price)),
        Check::same("balance after", left(run, served), run.after),
        Check::same("402 without figures", 0, count(&run.answers, lacks_figures)),
        Check::same("402 that would have fitted", 0, count(&run.answers, |a| is_false(a, run))),
    ]
}

fn count<T>(all: &[T], which: impl Fn(&T) -> bool) -> u64 {
    all.iter().map(|one| u64::from(which(one))).sum()
}

/// What so many calls cost; one more digit than there are credits would show as `too much`.
fn cost(run: &Observed, calls: u64) -> String {
    amount(u128::from(run.price.micros()) * u128::from(calls))
}

fn sum(run: &Observed) -> String {
    amount(run.charges.iter().map(|charge| u128::from(charge.micros())).sum())
}

fn left(run: &Observed, calls: u64) -> String {
    let cost = u128::from(run.price.micros()) * u128::from(calls);
    u128::from(run.before.micros()).checked_sub(cost).map_or("overspent".to_owned(), amount)
}

fn amount(micros: u128) -> String {
    let credits = u64::try_from(micros).ok().and_then(Credits::from_micros);
    credits.map_or("too much".to_owned(), |credits| credits.to_string())
}

fn lacks_figures(answer: &Answered) -> bool {
    answer.is_refused() && answer.figures.is_none()
}

/// A 402 is true when, by the figures it carries, less was left than this call needs: a balance
/// that is merely held by running calls is no reason.
fn is_false(answer: &Answered, run: &Observed) -> bool {
    let is_true = |figures: &Figures| {
        figures.shortage().unwrap_or(false) && figures.required() == Some(run.price)
    };
    answer.is_refused() && answer.figures.as_ref().is_some_and(|figures| !is_true(figures))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Ended;

    fn credits(text: &str) -> Credits {
        text.parse().unwrap()
    }

    fn served(id: u32) -> Answered {
        Answered {
            call: crate::scenario::hot_key::planned("fifty"),
            status: 200,
            code: None,
            ended: Ended::Complete,
            sent: 0,
            micros: 1,
            request_id: Some(format!("req_{id}")),
            figures: None,
        }
    }

    fn refused(id: u32) -> Answered {
        let figures = Figures {
            scope: Some("grants".to_owned()),
            period: None,
            limit: "1.5".to_owned(),
            spent: "1.5".to_owned(),
            held: "0".to_owned(),
            required: "0.5".to_owned(),
            remaining: "0".to_owned(),
        };
        let code = Some("credits_exhausted".to_owned());
        Answered { status: 402, code, figures: Some(figures), ..served(id) }
    }

    /// Credits for three calls, five made.
    fn honest() -> Observed {
        Observed {
            price: credits("0.5"),
            before: credits("1.5"),
            after: Credits::ZERO,
            billed: 3,
            answers: vec![served(1), served(2), served(3), refused(4), refused(5)],
            charges: vec![credits("0.5"); 3],
        }
    }

    fn broken(plant: impl FnOnce(&mut Observed)) -> Vec<&'static str> {
        let mut run = honest();
        plant(&mut run);
        let checks = audit(&run);
        checks.iter().filter(|check| !check.holds()).map(|check| check.rule).collect()
    }

    #[test]
    fn an_honest_run_holds() {
        assert_eq!(broken(|_| ()), Vec::<&str>::new());
    }

    #[test]
    fn credits_for_more_calls_than_were_made_are_left_over() {
        let rest = |run: &mut Observed| {
            run.before = credits("1.6");
            run.after = credits("0.1");
        };
        assert_eq!(broken(rest), Vec::<&str>::new());
    }

    #[test]
    fn a_call_served_beyond_the_balance_is_found() {
        let found = broken(|run| {
            run.answers[3] = served(4);
            run.charges.push(run.price);
            run.billed = 4;
        });
        let rules =
            ["answers 200: what the balance pays for", "answers 402: the rest", "balance after"];
        assert_eq!(found, rules);
    }

    #[test]
    fn a_call_refused_though_the_balance_paid_for_it_is_found() {
        let found = broken(|run| {
            run.answers[2] = refused(3);
            run.charges.pop();
            run.billed = 2;
            run.after = run.price;
        });
        let rules = ["answers 200: what the balance pays for", "answers 402: the rest"];
        assert_eq!(found, rules);
    }

    #[test]
    fn a_bill_that_differs_is_found() {
        assert_eq!(broken(|run| run.billed = 4), ["provider's bill: the answers 200"]);
    }

    #[test]
    fn one_micro_credit_charged_too_much_is_found() {
        let found = broken(|run| run.charges[1] = credits("0.500001"));
        let rules =
            ["credits charged: the answers 200 at their price", "charges of another amount"];
        assert_eq!(found, rules);
    }

    #[test]
    fn a_charge_for_one_call_booked_on_another_is_found() {
        let found = broken(|run| {
            run.charges[0] = credits("0.4");
            run.charges[1] = credits("0.6");
        });
        assert_eq!(found, ["charges of another amount"]);
    }

    #[test]
    fn a_balance_that_is_off_is_found() {
        assert_eq!(broken(|run| run.after = credits("0.000001")), ["balance after"]);
    }

    #[test]
    fn a_repeated_request_id_is_found() {
        let found = broken(|run| run.answers[4].request_id.clone_from(&Some("req_1".to_owned())));
        assert_eq!(found, ["request ids, each its own"]);
    }

    #[test]
    fn a_cut_answer_is_found() {
        let found = broken(|run| run.answers[4].ended = Ended::Cut("reset".to_owned()));
        assert_eq!(found, ["answers 402: the rest", "answers of another kind, or cut"]);
    }

    #[test]
    fn a_402_that_would_have_fitted_is_found() {
        let figures = |limit: &str, spent: &str, remaining: &str| {
            let (limit, spent) = (limit.to_owned(), spent.to_owned());
            let remaining = remaining.to_owned();
            broken(move |run| {
                let told = run.answers[3].figures.as_mut().unwrap();
                (told.limit, told.spent, told.remaining) = (limit, spent, remaining);
            })
        };
        let rule = ["402 that would have fitted"];
        assert_eq!(figures("1.5", "1", "0.5"), rule, "just enough was left");
        assert_eq!(figures("1.5", "1", "0"), rule, "what was held counted as spent");
        assert_eq!(figures("1.5", "1.5", "none"), rule, "a figure is no amount");
        assert_eq!(figures("1.5", "1.1", "0.4"), Vec::<&str>::new());
    }

    #[test]
    fn a_402_that_asked_for_more_than_the_price_is_found() {
        let found = broken(|run| {
            run.answers[3].figures.as_mut().unwrap().required = "0.6".to_owned();
        });
        assert_eq!(found, ["402 that would have fitted"]);
    }

    #[test]
    fn a_402_without_figures_is_found() {
        assert_eq!(broken(|run| run.answers[3].figures = None), ["402 without figures"]);
    }
}
