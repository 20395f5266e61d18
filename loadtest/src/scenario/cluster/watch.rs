//! What the answers have shown so far, while the load runs.

use std::sync::Arc;

use super::budgets::HOT;
use crate::traffic::Play;

/// The answers of every gateway, looked at as they come.
pub(super) struct Watch {
    plays: Vec<Arc<Play>>,
    looked: Vec<usize>,
    /// Answers 200 on the hot budget.
    pub(super) hot_served: u64,
    /// When the last call was sent that each gateway refused for the hot budget.
    pub(super) hot_refused: Vec<Option<i64>>,
}

impl Watch {
    pub(super) fn new(plays: &[Arc<Play>]) -> Self {
        let (looked, hot_refused) = (vec![0; plays.len()], vec![None; plays.len()]);
        Self { plays: plays.to_vec(), looked, hot_served: 0, hot_refused }
    }

    /// Takes in what has come since the last look.
    pub(super) fn look(&mut self) {
        let gateways = self.plays.iter().zip(&mut self.looked).zip(&mut self.hot_refused);
        for ((play, looked), refused) in gateways {
            let hot_served = &mut self.hot_served;
            *looked = play.log.look(*looked, |answer| {
                if &*answer.call.key != HOT {
                    return;
                }
                *hot_served += u64::from(answer.is_served());
                if answer.is_refused() {
                    *refused = (*refused).max(Some(answer.sent));
                }
            });
        }
    }

    /// Whether every gateway has refused a call for the hot budget that was sent since then.
    pub(super) fn all_refused_since(&self, since: i64) -> bool {
        self.hot_refused.iter().all(|refused| refused.is_some_and(|sent| sent >= since))
    }
}
