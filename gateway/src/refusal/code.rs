//! The codes: one word serves as response field, log field and metric label.

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Code {
    InvalidCredential,
    AmbiguousCredential,
    InvalidRequest,
    ProjectRequired,
    Unpriced,
    AccessRemoved,
    KeyBlocked,
    ToolNotAllowed,
    ModelNotAllowed,
    IpNotAllowed,
    ScopeNotAllowed,
    ProjectNotAllowed,
    LimitReached,
    CreditsExhausted,
    RequestExceedsRemaining,
    UnknownRoute,
    UnknownRequest,
    BodyTooLarge,
    HeaderTooLarge,
    IdempotencyRunning,
    IdempotencyFinished,
    IdempotencyMismatch,
    RateLimited,
    CreditsHeld,
    CreditsInDoubt,
    UpstreamRefused,
    UpstreamUnreachable,
    UpstreamTimeout,
    LedgerUnavailable,
    IssuerUnavailable,
    ShuttingDown,
    Internal,
}

impl Code {
    pub(crate) const ALL: [Self; 32] = [
        Self::InvalidCredential,
        Self::AmbiguousCredential,
        Self::InvalidRequest,
        Self::ProjectRequired,
        Self::Unpriced,
        Self::AccessRemoved,
        Self::KeyBlocked,
        Self::ToolNotAllowed,
        Self::ModelNotAllowed,
        Self::IpNotAllowed,
        Self::ScopeNotAllowed,
        Self::ProjectNotAllowed,
        Self::LimitReached,
        Self::CreditsExhausted,
        Self::RequestExceedsRemaining,
        Self::UnknownRoute,
        Self::UnknownRequest,
        Self::BodyTooLarge,
        Self::HeaderTooLarge,
        Self::IdempotencyRunning,
        Self::IdempotencyFinished,
        Self::IdempotencyMismatch,
        Self::RateLimited,
        Self::CreditsHeld,
        Self::CreditsInDoubt,
        Self::UpstreamRefused,
        Self::UpstreamUnreachable,
        Self::UpstreamTimeout,
        Self::LedgerUnavailable,
        Self::IssuerUnavailable,
        Self::ShuttingDown,
        Self::Internal,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidCredential => "invalid_credential",
            Self::AmbiguousCredential => "ambiguous_credential",
            Self::InvalidRequest => "invalid_request",
            Self::ProjectRequired => "project_required",
            Self::Unpriced => "unpriced",
            Self::AccessRemoved => "access_removed",
            Self::KeyBlocked => "key_blocked",
            Self::ToolNotAllowed => "tool_not_allowed",
            Self::ModelNotAllowed => "model_not_allowed",
            Self::IpNotAllowed => "ip_not_allowed",
            Self::ScopeNotAllowed => "scope_not_allowed",
            Self::ProjectNotAllowed => "project_not_allowed",
            Self::LimitReached => "limit_reached",
            Self::CreditsExhausted => "credits_exhausted",
            Self::RequestExceedsRemaining => "request_exceeds_remaining",
            Self::UnknownRoute => "unknown_route",
            Self::UnknownRequest => "unknown_request",
            Self::BodyTooLarge => "body_too_large",
            Self::HeaderTooLarge => "header_too_large",
            Self::IdempotencyRunning => "idempotency_running",
            Self::IdempotencyFinished => "idempotency_finished",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::RateLimited => "rate_limited",
            Self::CreditsHeld => "credits_held",
            Self::CreditsInDoubt => "credits_in_doubt",
            Self::UpstreamRefused => "upstream_refused",
            Self::UpstreamUnreachable => "upstream_unreachable",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::LedgerUnavailable => "ledger_unavailable",
            Self::IssuerUnavailable => "issuer_unavailable",
            Self::ShuttingDown => "shutting_down",
            Self::Internal => "internal_error",
        }
    }

    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::AmbiguousCredential
            | Self::InvalidRequest
            | Self::ProjectRequired
            | Self::Unpriced => 400,
            Self::InvalidCredential => 401,
            Self::LimitReached | Self::CreditsExhausted | Self::RequestExceedsRemaining => 402,
            Self::AccessRemoved
            | Self::KeyBlocked
            | Self::ToolNotAllowed
            | Self::ModelNotAllowed
            | Self::IpNotAllowed
            | Self::ScopeNotAllowed
            | Self::ProjectNotAllowed => 403,
            Self::UnknownRoute | Self::UnknownRequest => 404,
            Self::IdempotencyRunning | Self::IdempotencyFinished => 409,
            Self::BodyTooLarge => 413,
            Self::IdempotencyMismatch => 422,
            Self::RateLimited | Self::CreditsHeld => 429,
            Self::HeaderTooLarge => 431,
            Self::Internal => 500,
            Self::UpstreamRefused | Self::UpstreamUnreachable => 502,
            Self::CreditsInDoubt
            | Self::LedgerUnavailable
            | Self::IssuerUnavailable
            | Self::ShuttingDown => 503,
            Self::UpstreamTimeout => 504,
        }
    }

    /// Whether waiting helps. What cannot pass on its own says so, since SDKs go by the status.
    pub(crate) const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::CreditsHeld
                | Self::CreditsInDoubt
                | Self::IdempotencyRunning
                | Self::LedgerUnavailable
                | Self::IssuerUnavailable
                | Self::ShuttingDown
                | Self::UpstreamUnreachable
                | Self::UpstreamTimeout
        )
    }

    /// Seconds to wait; never with a refusal that only a person can lift, since some SDKs sleep
    /// whatever it says.
    pub(crate) const fn retry_after(self) -> Option<u32> {
        match self {
            // The least; who refuses knows when the next one is due.
            Self::RateLimited => Some(1),
            Self::CreditsHeld | Self::ShuttingDown => Some(1),
            Self::LedgerUnavailable => Some(2),
            Self::IssuerUnavailable => Some(5),
            // SDKs come twice more on their own: that is ten seconds for the first to end.
            Self::IdempotencyRunning => Some(5),
            // A gateway that was killed is back within seconds, if it comes back by itself.
            Self::CreditsInDoubt => Some(5),
            _ => None,
        }
    }
}
