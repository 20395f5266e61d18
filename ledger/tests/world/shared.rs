//! What only happens where other gateways spend of the accounts too.

use ledger::{AccountId, Answer, Change, Credits, Figures, ShortOf, Verdict};
use proptest::prelude::*;

use super::step::{Step, pick};
use super::{World, facts};
use crate::model::micros;

/// What the store may say, true or not: the book and the model have to take it the same way.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    leased: Vec<(u8, u16)>,
    /// Spent and refunded, and whether nothing is available.
    figures: Vec<(u8, u16, u16, bool)>,
    recalled: Vec<u8>,
    verdicts: Vec<u8>,
}

fn words() -> impl Strategy<Value = Words> {
    let few = 0..4_usize;
    let account = any::<u8>();
    (
        proptest::collection::vec((account, 0_u16..100), few.clone()),
        proptest::collection::vec((account, 0_u16..90, 0_u16..30, any::<bool>()), few.clone()),
        proptest::collection::vec(account, few),
        proptest::collection::vec(0_u8..12, 8),
    )
        .prop_map(|(leased, figures, recalled, verdicts)| Words {
            leased,
            figures,
            recalled,
            verdicts,
        })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Report),
        4 => (0_usize..8).prop_map(|most| Step::Asks { most }),
        6 => words().prop_map(Step::Answer),
        1 => Just(Step::Unanswered),
        2 => (any::<u8>(), 0_u16..60)
            .prop_map(|(account, amount)| Step::GiveBack { account, amount }),
        3 => (any::<u8>(), 0_u16..60).prop_map(|(account, low)| Step::LowMark { account, low }),
    ]
}

impl World {
    pub(crate) fn take_shared(&mut self, step: Step) {
        match step {
            Step::Report => self.report_shared(),
            Step::Asks { most } => self.ask(most),
            Step::Answer(words) => self.answer(&words),
            Step::Unanswered => {
                let expected = self.model.unanswered(self.now);
                let decided = self.book.unanswered(self.now);
                self.agree(decided, expected);
            }
            Step::GiveBack { account, amount } => {
                let Some(account) = self.pick_account(account) else { return };
                let given = self.book.give_back(account, facts::credits(amount));
                assert_eq!(micros(given), self.model.lay_down(account, amount.into()));
            }
            Step::LowMark { account, low } => {
                let Some(account) = self.pick_account(account) else { return };
                self.apply(Change::LowMark { account, low: facts::credits(low) });
            }
            other => panic!("{other:?} happens everywhere"),
        }
        self.check();
    }

    /// What leaves the book, and what ran low.
    fn report_shared(&mut self) {
        let low = std::mem::take(&mut self.model.low);
        assert_eq!(self.book.is_low(), !low.is_empty());
        let low: Vec<_> = low.into_iter().map(|(_, path)| path).collect();
        assert_eq!(self.book.running_low(), low);
        self.model.lowered.clear();
        self.report();
    }

    fn ask(&mut self, most: usize) {
        let asks = self.book.asks(most);
        let expected = self.model.asks(most);
        assert_eq!(asks.len(), expected.len());
        self.asked.clear();
        for (ask, (number, limits, grants)) in asks.into_iter().zip(expected) {
            assert_eq!(self.number(ask.ticket), number);
            let own = |named: Vec<(AccountId, Credits)>| {
                named.into_iter().map(|(id, own)| (id, micros(own))).collect::<Vec<_>>()
            };
            assert_eq!((own(ask.limits), own(ask.grants)), (limits, grants));
            self.asked.push((ask.ticket, number));
        }
    }

    fn answer(&mut self, words: &Words) {
        let account = |n: &u8| self.pick_account(*n);
        let leased = words.leased.iter();
        let leased = leased.filter_map(|(n, amount)| Some((account(n)?, facts::credits(*amount))));
        let figures = words.figures.iter().filter_map(|(n, spent, refunded, drained)| {
            let (spent, refunded) = (facts::credits(*spent), facts::credits(*refunded));
            Some(Figures { account: account(n)?, spent, refunded, drained: *drained })
        });
        let said = |n: &u8| match n {
            0..3 => Verdict::Leased,
            3..6 => Verdict::Held,
            6 => Verdict::InDoubt,
            7 | 8 => Verdict::Short { on: ShortOf::Grants, lasting: *n == 8 },
            _ => {
                let on = account(n).map_or(ShortOf::Grants, ShortOf::Limit);
                Verdict::Short { on, lasting: *n > 9 }
            }
        };
        let asked = self.asked.iter().zip(words.verdicts.iter().map(said));
        let (verdicts, expected): (Vec<_>, Vec<_>) = asked
            .map(|((ticket, number), verdict)| ((*ticket, verdict), (*number, verdict)))
            .unzip();
        let answer = Answer {
            leased: leased.collect(),
            figures: figures.collect(),
            recalled: words.recalled.iter().filter_map(account).collect(),
            verdicts,
        };
        self.asked.clear();
        let served = expected.iter().filter(|(_, verdict)| *verdict == Verdict::Leased);
        self.served = served.map(|(number, _)| *number).collect();
        for (account, amount) in &answer.leased {
            self.store.entry(*account).or_default().leased += micros(*amount);
        }
        let expected = self.model.take_answer(&answer, &expected, self.now);
        let decided = self.book.take_answer(answer, self.now);
        self.agree(decided, expected);
    }

    fn pick_account(&self, n: u8) -> Option<AccountId> {
        let place = pick(n, self.model.accounts.len())?;
        Some(self.model.accounts[place].id)
    }
}
