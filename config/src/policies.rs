//! What is done where one may decide either way.

use crate::raw;

/// What is done where one may decide either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policies {
    /// Whether the streams of a key that is revoked, or of a member whose access is removed, end at
    /// once rather than when they are complete. Default: true.
    pub cut_revoked_streams: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Self { cut_revoked_streams: true }
    }
}

pub(crate) fn check(raw: &raw::Policies) -> Option<Policies> {
    let default = Policies::default();
    Some(Policies { cut_revoked_streams: raw.cut_revoked_streams.or(default.cut_revoked_streams)? })
}
