//! Bytes into values.

use ledger::{Credits, Epoch, GrantKind, HoldId, Instant, NodeId};

/// Bytes that this version did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A body that is read from its front.
pub(crate) struct Read<'a>(&'a [u8]);

impl<'a> Read<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.bytes(N)?.try_into().map_err(|_| Malformed)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Malformed> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub(crate) fn whole(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            value |= bits.checked_shl(shift).filter(|it| it >> shift == bits).ok_or(Malformed)?;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    pub(crate) fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.whole()?).map_err(|_| Malformed)
    }

    pub(crate) fn instant(&mut self) -> Result<Instant, Malformed> {
        Ok(Instant::from_micros(i64::from_le_bytes(self.array()?)))
    }

    pub(crate) fn id(&mut self) -> Result<u128, Malformed> {
        Ok(u128::from_be_bytes(self.array()?))
    }

    pub(crate) fn id_or_none(&mut self) -> Result<Option<u128>, Malformed> {
        if self.flag()? { self.id().map(Some) } else { Ok(None) }
    }

    pub(crate) fn credits(&mut self) -> Result<Credits, Malformed> {
        Credits::from_micros(self.whole()?).ok_or(Malformed)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.small()?;
        str::from_utf8(self.bytes(length)?).map_err(|_| Malformed)
    }

    pub(crate) fn hold(&mut self) -> Result<HoldId, Malformed> {
        let (node, epoch, n) = (self.small()?, self.small()?, self.whole()?);
        Ok(HoldId { node: NodeId(node), epoch: Epoch(epoch), n })
    }

    /// A list: its length, then so many of what `one` reads.
    pub(crate) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let length = self.small::<usize>()?;
        // Each takes a byte at least: a length that is nonsense allocates nothing.
        let mut list = Vec::with_capacity(length.min(self.0.len()));
        for _ in 0..length {
            list.push(one(self)?);
        }
        Ok(list)
    }

    pub(crate) fn source(&mut self) -> Result<Option<GrantKind>, Malformed> {
        match self.byte()? {
            0 => Ok(None),
            place => GrantKind::ALL.get(usize::from(place) - 1).copied().map(Some).ok_or(Malformed),
        }
    }

    pub(crate) const fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}
