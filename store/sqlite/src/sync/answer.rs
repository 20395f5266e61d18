//! An answer as it is kept for the call that asks again: account and amount, 24 bytes each.

use ledger::{AccountId, Credits};
use store::{Granted, SyncAnswer};

const LENGTH: usize = 24;

pub(super) fn encode(answer: &SyncAnswer) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(answer.granted.len() * LENGTH);
    for granted in &answer.granted {
        bytes.extend_from_slice(&granted.account.as_u128().to_be_bytes());
        bytes.extend_from_slice(&granted.amount.micros().to_be_bytes());
    }
    bytes
}

/// What [`encode`] wrote; `None` for anything else.
pub(super) fn decode(bytes: &[u8]) -> Option<SyncAnswer> {
    let granted = bytes.chunks(LENGTH).map(|chunk| {
        let (account, amount) = chunk.split_at_checked(16)?;
        let account = AccountId::from_u128(u128::from_be_bytes(account.try_into().ok()?));
        let amount = Credits::from_micros(u64::from_be_bytes(amount.try_into().ok()?))?;
        Some(Granted { account, amount })
    });
    granted.collect::<Option<_>>().map(|granted| SyncAnswer { granted })
}
