//! What was asked for, as 32 bytes: SHA-256 of one encoding that every store shares.

use aws_lc_rs::digest::{Context, SHA256};
use ledger::{Access, Charge, Grant, HoldId, Instant, Unit};

use crate::{AdjustmentRequest, Ask, SyncRequest, ending_name, source_name};

/// Writes values so that no two different requests write the same bytes: every list and text is
/// led by its length, every absent value by a byte of its own.
struct Encoding {
    digest: Context,
    buffer: Vec<u8>,
}

impl Encoding {
    fn new() -> Self {
        Self { digest: Context::new(&SHA256), buffer: Vec::with_capacity(8_192) }
    }

    /// Seven bits a byte, the lowest first: most numbers are small.
    fn integer(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            let [low, ..] = value.to_le_bytes();
            self.buffer.push(low | 0x80);
            value >>= 7;
        }
        let [last, ..] = value.to_le_bytes();
        self.buffer.push(last);
        self
    }

    fn instant(&mut self, at: Instant) -> &mut Self {
        self.buffer.extend_from_slice(&at.micros().to_be_bytes());
        self
    }

    fn id(&mut self, bits: u128) -> &mut Self {
        self.buffer.extend_from_slice(&bits.to_be_bytes());
        self
    }

    fn id_or_none(&mut self, bits: Option<u128>) -> &mut Self {
        self.buffer.push(u8::from(bits.is_some()));
        match bits {
            Some(bits) => self.id(bits),
            None => self,
        }
    }

    fn ids(&mut self, ids: impl ExactSizeIterator<Item = u128>) -> &mut Self {
        self.length(ids.len());
        ids.for_each(|id| {
            self.id(id);
        });
        self
    }

    fn hold(&mut self, hold: HoldId) -> &mut Self {
        self.integer(hold.node.0.into()).integer(hold.epoch.0.into()).integer(hold.n)
    }

    fn length(&mut self, length: usize) -> &mut Self {
        self.integer(u64::try_from(length).unwrap_or(u64::MAX))
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.length(text.len());
        self.buffer.extend_from_slice(text.as_bytes());
        self
    }

    /// Hands what was written so far to the hash, once it is worth the call.
    fn flush(&mut self) {
        if self.buffer.len() > 4_096 {
            self.digest.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn finish(mut self) -> [u8; 32] {
        self.digest.update(&self.buffer);
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(self.digest.finish().as_ref());
        fingerprint
    }
}

impl SyncRequest {
    /// Equal for equal requests, and different for different ones.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut to = Encoding::new();
        to.integer(self.node.0.into()).integer(self.epoch.0.into());
        to.integer(self.shard.number().into()).integer(self.seq).integer(self.lsn);
        to.instant(self.now).length(self.report.len());
        for spend in &self.report {
            to.id(spend.account.as_u128()).integer(spend.amount.micros());
        }
        to.length(self.give_back.len());
        for give_back in &self.give_back {
            to.id(give_back.account.as_u128()).integer(give_back.amount.micros());
        }
        to.length(self.refill.len());
        for refill in &self.refill {
            to.ids(refill.accounts.iter().map(|account| account.as_u128()));
            to.integer(refill.wanted.micros()).integer(refill.quote.micros());
            to.integer(refill.divisor.get().into());
        }
        to.length(self.regranted.len());
        for granted in &self.regranted {
            to.integer(granted.epoch.0.into());
            to.id(granted.account.as_u128()).integer(granted.amount.micros());
        }
        to.length(self.ask.len());
        for asked in &self.ask {
            ask(asked, &mut to);
        }
        to.length(self.events.len());
        for event in &self.events {
            charge(event, &mut to);
            to.flush();
        }
        to.length(self.keyed.len());
        for hold in &self.keyed {
            to.hold(*hold);
        }
        to.finish()
    }
}

fn ask(ask: &Ask, to: &mut Encoding) {
    to.hold(ask.hold).integer(ask.least.micros()).integer(ask.most.micros());
    for accounts in [&ask.limits, &ask.grants] {
        to.length(accounts.len());
        for asked in accounts {
            to.id(asked.account.as_u128()).integer(asked.own.micros());
        }
    }
}

fn charge(charge: &Charge, to: &mut Encoding) {
    to.hold(charge.hold).id(charge.org.as_u128()).id(charge.member.as_u128());
    to.id_or_none(charge.key.map(|id| id.as_u128()));
    to.id_or_none(charge.group.map(|id| id.as_u128()));
    to.id_or_none(charge.project.map(|id| id.as_u128()));
    to.text(charge.surface.name()).text(charge.tool.name());
    to.text(&charge.provider).text(&charge.model);
    to.instant(charge.admitted).instant(charge.ended);
    to.text(ending_name(charge.ending));
    for unit in Unit::ALL {
        to.integer(charge.usage.get(unit));
    }
    to.integer(charge.outputs).integer(charge.held.micros()).integer(charge.charged.micros());
    to.integer(charge.overrun.micros()).length(charge.lines.len());
    for line in &charge.lines {
        to.id(line.account.as_u128()).text(source_name(line.source)).integer(line.amount.micros());
    }
    to.text(&charge.price_book).integer(charge.status.into());
    to.buffer.extend_from_slice(&charge.body_hash);
}

/// Equal for requests that ask for the same grant.
///
/// The id and the time of making are new with every attempt and do not count, and neither does a
/// start that is not later than the making: "from now on" is the same wish a second later.
#[must_use]
pub fn grant_fingerprint(grant: &Grant) -> [u8; 32] {
    let mut to = Encoding::new();
    let from_now_on = grant.start <= grant.created;
    let start = if from_now_on { Instant::MIN } else { grant.start };
    to.text(grant.kind.name()).integer(grant.amount.micros()).instant(start).instant(grant.end);
    match &grant.access {
        Access::Everyone => {
            to.text("everyone");
        }
        Access::Listed { members, groups } => {
            to.text("listed").length(members.len());
            for member in members {
                to.id(member.as_u128());
            }
            to.length(groups.len());
            for group in groups {
                to.id(group.as_u128());
            }
        }
    }
    to.finish()
}

/// Equal for requests that ask for the same correction, whenever they come.
#[must_use]
pub fn adjustment_fingerprint(request: &AdjustmentRequest) -> [u8; 32] {
    let mut to = Encoding::new();
    let AdjustmentRequest { org, hold, charge, actor, reason, name: _, now: _ } = request;
    to.id(org.as_u128()).hold(*hold);
    to.integer(charge.micros()).text(actor).text(reason);
    to.finish()
}

#[cfg(test)]
mod tests {
    use ledger::{AccountId, Credits, Epoch, GrantId, GrantKind, NodeId, Shard};

    use super::*;
    use crate::{GiveBack, Regranted, Spend};

    fn request() -> SyncRequest {
        let (account, amount) = (AccountId::from_u128(1), Credits::from_micros(300).unwrap());
        SyncRequest {
            node: NodeId(1),
            epoch: Epoch(1),
            shard: Shard::new(1).unwrap(),
            seq: 1,
            lsn: 1,
            now: Instant::from_micros(1),
            report: vec![Spend { account, amount }],
            give_back: vec![],
            regranted: vec![],
            ask: vec![],
            refill: vec![],
            events: vec![],
            keyed: vec![],
        }
    }

    #[test]
    fn the_same_figures_in_another_list_are_another_request() {
        let spend = request().report[0];
        let mut others = vec![request(); 3];
        others[0].report.clear();
        let Spend { account, amount } = spend;
        others[1].report.clear();
        others[1].give_back.push(GiveBack { account, amount });
        others[2].report.clear();
        others[2].regranted.push(Regranted { epoch: Epoch(1), account, amount });
        let mut prints: Vec<_> = others.iter().map(SyncRequest::fingerprint).collect();
        prints.push(request().fingerprint());
        assert_eq!(request().fingerprint(), request().fingerprint());
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), 4);
    }

    #[test]
    fn every_number_counts_whatever_its_size() {
        let mut prints = Vec::new();
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX >> 1, u64::MAX] {
            let mut seq = request();
            seq.seq = number;
            let mut lsn = request();
            lsn.lsn = number.wrapping_add(2);
            prints.extend([seq.fingerprint(), lsn.fingerprint()]);
        }
        // The request itself, and once more as `lsn` of 1.
        let all = prints.len();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), all - 1);
    }

    #[test]
    fn a_grant_that_is_asked_for_again_is_the_same_wish() {
        let grant = |id, created, start| Grant {
            id: GrantId::from_u128(id),
            kind: GrantKind::TopUp,
            amount: Credits::ZERO,
            start: Instant::from_micros(start),
            end: Instant::MAX,
            created: Instant::from_micros(created),
            access: Access::Everyone,
        };
        let first = grant_fingerprint(&grant(1, 10, 10));
        assert_eq!(grant_fingerprint(&grant(2, 20, 15)), first);
        assert_ne!(grant_fingerprint(&grant(2, 20, 21)), first);
    }
}
