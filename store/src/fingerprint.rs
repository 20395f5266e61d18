//! What was asked for, as 32 bytes: SHA-256 of one encoding that every store shares.

use aws_lc_rs::digest::{Context, SHA256};
use ledger::{Access, Charge, Grant, Instant, Unit};

use crate::{SyncRequest, ending_name, source_name};

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
            to.id(refill.account.as_u128()).integer(refill.wanted.micros());
        }
        to.length(self.events.len());
        for event in &self.events {
            charge(event, &mut to);
            to.flush();
        }
        to.finish()
    }
}

fn charge(charge: &Charge, to: &mut Encoding) {
    to.integer(charge.hold.node.0.into()).integer(charge.hold.epoch.0.into());
    to.integer(charge.hold.n).id(charge.org.as_u128()).id(charge.member.as_u128());
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
