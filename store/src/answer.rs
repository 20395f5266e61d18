//! A sync's answer as it is kept for the call that asks again.

use ledger::{AccountId, Credits};

use crate::{Figures, Granted, ShortOf, SyncAnswer, Verdict};

/// Told from every other encoding by its first byte.
const VERSION: u8 = 1;

impl SyncAnswer {
    /// The answer as bytes, for [`SyncAnswer::decode`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut to = vec![VERSION];
        list(&mut to, &self.granted, |to, granted| {
            id(to, granted.account);
            credits(to, granted.amount);
        });
        list(&mut to, &self.verdicts, |to, verdict| encode_verdict(to, *verdict));
        list(&mut to, &self.figures, |to, figures| {
            id(to, figures.account);
            for amount in [figures.amount, figures.spent, figures.refunded] {
                credits(to, amount);
            }
            to.push(u8::from(figures.drained));
        });
        list(&mut to, &self.recalled, |to, account| id(to, *account));
        to
    }

    /// What [`SyncAnswer::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Bytes(bytes);
        if from.byte()? != VERSION {
            return None;
        }
        let granted =
            from.list(|from| Some(Granted { account: from.id()?, amount: from.credits()? }))?;
        let verdicts = from.list(decode_verdict)?;
        let figures = from.list(|from| {
            Some(Figures {
                account: from.id()?,
                amount: from.credits()?,
                spent: from.credits()?,
                refunded: from.credits()?,
                drained: from.flag()?,
            })
        })?;
        let recalled = from.list(Bytes::id)?;
        from.0.is_empty().then_some(Self { granted, verdicts, figures, recalled })
    }
}

fn encode_verdict(to: &mut Vec<u8>, verdict: Verdict) {
    match verdict {
        Verdict::Leased => to.push(0),
        Verdict::Held => to.push(1),
        Verdict::InDoubt => to.push(2),
        Verdict::Short { on: ShortOf::Grants, lasting } => to.extend([3, u8::from(lasting)]),
        Verdict::Short { on: ShortOf::Limit(account), lasting } => {
            to.extend([4, u8::from(lasting)]);
            id(to, account);
        }
    }
}

fn decode_verdict(from: &mut Bytes<'_>) -> Option<Verdict> {
    Some(match from.byte()? {
        0 => Verdict::Leased,
        1 => Verdict::Held,
        2 => Verdict::InDoubt,
        3 => Verdict::Short { lasting: from.flag()?, on: ShortOf::Grants },
        4 => Verdict::Short { lasting: from.flag()?, on: ShortOf::Limit(from.id()?) },
        _ => return None,
    })
}

fn list<T>(to: &mut Vec<u8>, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    let length = u32::try_from(items.len()).expect("no answer has four billion parts");
    to.extend(length.to_be_bytes());
    items.iter().for_each(|it| item(to, it));
}

fn id(to: &mut Vec<u8>, id: AccountId) {
    to.extend(id.as_u128().to_be_bytes());
}

fn credits(to: &mut Vec<u8>, amount: Credits) {
    to.extend(amount.micros().to_be_bytes());
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn id(&mut self) -> Option<AccountId> {
        Some(AccountId::from_u128(u128::from_be_bytes(self.take()?)))
    }

    fn credits(&mut self) -> Option<Credits> {
        Credits::from_micros(u64::from_be_bytes(self.take()?))
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = u32::from_be_bytes(self.take()?);
        (0..length).map(|_| item(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> SyncAnswer {
        let (account, amount) = (AccountId::from_u128(7 << 100), Credits::MAX);
        let other = AccountId::from_u128(8);
        SyncAnswer {
            granted: vec![Granted { account, amount }, Granted { account: other, amount }],
            verdicts: vec![
                Verdict::Leased,
                Verdict::Held,
                Verdict::InDoubt,
                Verdict::Short { on: ShortOf::Grants, lasting: true },
                Verdict::Short { on: ShortOf::Limit(other), lasting: false },
            ],
            figures: vec![Figures {
                account,
                amount,
                spent: Credits::ZERO,
                refunded: amount,
                drained: true,
            }],
            recalled: vec![other, account],
        }
    }

    #[test]
    fn an_answer_reads_back_as_it_was() {
        for answer in [answer(), SyncAnswer::default()] {
            assert_eq!(SyncAnswer::decode(&answer.encode()), Some(answer));
        }
    }

    #[test]
    fn no_part_of_an_answer_is_an_answer() {
        let bytes = answer().encode();
        for length in 0..bytes.len() {
            assert_eq!(SyncAnswer::decode(&bytes[..length]), None);
        }
        let longer = [bytes, vec![0]].concat();
        assert_eq!(SyncAnswer::decode(&longer), None);
    }
}
