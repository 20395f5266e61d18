//! Each 402 is logged with the figures that it was decided by, so that it can be shown to be true.

use ledger::{Instant, ShortAccount};
use serde::Serialize;

use super::Denial;

/// What is filtered by to have them: `BURSAR_LOG=gateway::refused=info`.
const TARGET: &str = "gateway::refused";
/// The status of a refusal for want of credits.
const PAYMENT_REQUIRED: u16 = 402;

/// An account in the log; amounts are decimal strings of credits.
#[derive(Serialize)]
struct Account {
    account: String,
    amount: String,
    spent: String,
    held: String,
    leased: String,
    version: u64,
}

impl Account {
    fn of(seen: &ShortAccount, version: u64) -> Self {
        Self {
            account: seen.account.to_string(),
            amount: seen.amount.to_string(),
            spent: seen.spent.to_string(),
            held: seen.held.to_string(),
            leased: seen.leased.to_string(),
            version,
        }
    }
}

impl Denial {
    /// Logs a refusal for want of credits; `now` is not before its decision.
    pub(crate) fn log(&self, request_id: &str, now: Instant) {
        let Some(facts) = self.facts.as_ref().filter(|_| self.code.status() == PAYMENT_REQUIRED)
        else {
            return;
        };
        if !tracing::enabled!(target: TARGET, tracing::Level::INFO) {
            return;
        }
        let accounts = facts.accounts.iter().map(|seen| Account::of(seen, facts.version));
        let accounts: Vec<_> = accounts.collect();
        tracing::info!(
            target: TARGET,
            request = request_id,
            code = self.code.name(),
            required = %facts.required,
            at = now.micros(),
            accounts = serde_json::to_string(&accounts).unwrap_or_default(),
            "refused for want of credits"
        );
    }
}
