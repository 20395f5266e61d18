//! Values into bytes.

use ledger::{Credits, GrantKind, HoldId, Instant};

/// What can be appended to a body.
pub(crate) trait Write {
    fn byte(&mut self, value: u8);
    /// Seven bits a byte, the lowest first.
    fn whole(&mut self, value: u64);
    fn instant(&mut self, value: Instant);
    fn id(&mut self, value: u128);
    fn id_or_none(&mut self, value: Option<u128>);
    fn credits(&mut self, value: Credits);
    fn text(&mut self, value: &str);
    fn hold(&mut self, value: HoldId);
    fn length(&mut self, value: usize);
    /// A limit, or the kind of a grant by its place in the burn order.
    fn source(&mut self, value: Option<GrantKind>);
}

impl Write for Vec<u8> {
    fn byte(&mut self, value: u8) {
        self.push(value);
    }

    fn whole(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.push(value.to_le_bytes()[0]);
    }

    fn instant(&mut self, value: Instant) {
        self.extend_from_slice(&value.micros().to_le_bytes());
    }

    fn id(&mut self, value: u128) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn id_or_none(&mut self, value: Option<u128>) {
        self.push(u8::from(value.is_some()));
        if let Some(value) = value {
            self.id(value);
        }
    }

    fn credits(&mut self, value: Credits) {
        self.whole(value.micros());
    }

    fn text(&mut self, value: &str) {
        self.length(value.len());
        self.extend_from_slice(value.as_bytes());
    }

    fn hold(&mut self, value: HoldId) {
        self.whole(value.node.0.into());
        self.whole(value.epoch.0.into());
        self.whole(value.n);
    }

    fn length(&mut self, value: usize) {
        self.whole(u64::try_from(value).unwrap_or(u64::MAX));
    }

    fn source(&mut self, value: Option<GrantKind>) {
        let place = value.and_then(|kind| GrantKind::ALL.iter().position(|it| *it == kind));
        self.push(place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0));
    }
}
