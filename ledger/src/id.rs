//! Names of things, which cannot be mixed up.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that is not the id it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError {
    /// The prefix that the id should have had.
    pub prefix: &'static str,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the form {}...", self.prefix)
    }
}

impl std::error::Error for ParseIdError {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// A `UUIDv7` inside; outside its type's prefix and 32 lower-case hexadecimal digits.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What the printed id begins with.
            pub const PREFIX: &str = $prefix;

            /// The id with these 128 bits.
            #[must_use]
            pub const fn from_u128(bits: u128) -> Self {
                Self(bits.to_be_bytes())
            }

            /// The 128 bits of the id.
            #[must_use]
            pub const fn as_u128(self) -> u128 {
                u128::from_be_bytes(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:032x}"), self.as_u128())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let error = ParseIdError { prefix: $prefix };
                let digits = text.strip_prefix($prefix).ok_or(error)?;
                let hex = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
                if digits.len() != 32 || !digits.bytes().all(hex) {
                    return Err(error);
                }
                u128::from_str_radix(digits, 16).map(Self::from_u128).map_err(|_| error)
            }
        }
    )*};
}

ids! {
    /// An organisation.
    OrgId = "org_";
    /// A member or service account.
    MemberId = "mem_";
    /// A group of members.
    GroupId = "grp_";
    /// A project, a tag for client billing.
    ProjectId = "prj_";
    /// An API key.
    KeyId = "key_";
    /// A grant.
    GrantId = "gra_";
    /// A limit.
    LimitId = "lim_";
    /// An account: a grant, or one period of one limit.
    AccountId = "acc_";
}

impl From<GrantId> for AccountId {
    /// A grant has one account, which bears its bits.
    fn from(grant: GrantId) -> Self {
        Self(grant.0)
    }
}

impl OrgId {
    /// The shard of the money tables that this organisation's rows live in.
    #[must_use]
    pub fn shard(self) -> Shard {
        // Fibonacci hashing of the two halves; fixed for ever, since it leads every primary key.
        let word = self.0.chunks_exact(8).fold(0_u64, |folded, half| {
            let half = half.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            (folded ^ half).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        Shard(u8::try_from(word >> 58).unwrap_or(0))
    }
}

/// One of the 64 parts of the money tables; no transaction spans two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u8);

impl Shard {
    /// How many shards there are.
    pub const COUNT: u8 = 64;

    /// The shard of this number, if there is one.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    /// The shard's number, below [`Shard::COUNT`].
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A gateway's data folder, for as long as the folder lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node_{:x}", self.0)
    }
}

/// One start of a node; each start is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// A hold, its request and its usage event: `n` is counted at arrival within an epoch of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId {
    /// The gateway that took it.
    pub node: NodeId,
    /// That gateway's start.
    pub epoch: Epoch,
    /// The request's number within the start.
    pub n: u64,
}

impl HoldId {
    const PREFIX: &str = "req_";
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "req_{:x}-{:x}-{:x}", self.node.0, self.epoch.0, self.n)
    }
}

impl FromStr for HoldId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let parse = || {
            let mut parts = text.strip_prefix(Self::PREFIX)?.split('-');
            let node = u32::from_str_radix(parts.next()?, 16).ok()?;
            let epoch = u32::from_str_radix(parts.next()?, 16).ok()?;
            let n = u64::from_str_radix(parts.next()?, 16).ok()?;
            parts.next().is_none().then_some(Self { node: NodeId(node), epoch: Epoch(epoch), n })
        };
        // Only the printed form is the id: no leading zeros, signs or capitals.
        parse().filter(|id| id.to_string() == text).ok_or(ParseIdError { prefix: Self::PREFIX })
    }
}

/// The name of a tool, such as `chatbot`: cheap to copy about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tool(pub Arc<str>);

impl Tool {
    /// The tool of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The tool's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_do_not_pass_for_one_another() {
        let org = OrgId::from_u128(0x0192_f0c1_aaaa_7bbb_8ccc_dddd_eeee_ffff);
        assert_eq!(org.to_string(), "org_0192f0c1aaaa7bbb8cccddddeeeeffff");
        assert_eq!(org.to_string().parse(), Ok(org));
        assert!(org.to_string().parse::<MemberId>().is_err());
        for wrong in
            ["org_", "org_0192F0C1AAAA7BBB8CCCDDDDEEEEFFFF", "org_+192f0c1aaaa7bbb8cccddddeeeeffff"]
        {
            assert!(wrong.parse::<OrgId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hold_id_has_one_spelling() {
        let id = HoldId { node: NodeId(0xab), epoch: Epoch(3), n: 255 };
        assert_eq!(id.to_string(), "req_ab-3-ff");
        assert_eq!("req_ab-3-ff".parse(), Ok(id));
        for wrong in
            ["req_ab-3-0ff", "req_AB-3-ff", "req_ab-3", "req_ab-3-ff-1", "ab-3-ff", "req_+1-3-ff"]
        {
            assert!(wrong.parse::<HoldId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn organisations_spread_over_all_shards() {
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..2_000_u128 {
            seen.insert(OrgId::from_u128((0x0192_f0c1 << 96) | n).shard());
        }
        assert_eq!(seen.len(), usize::from(Shard::COUNT));
        assert_eq!(OrgId::from_u128(1).shard().number(), 39);
    }
}
