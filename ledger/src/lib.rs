//! The rules of money, in ten sentences.
//!
//! An organisation spends [`Credits`], counted in whole micro-credits. It owns [`Grant`]s and sets
//! [`Limit`]s; what counts is an [`Account`]: a grant, or one period of one limit. A [`Price`] turns
//! [`Usage`] into credits, and all rounding happens there. A [`Quote`] is what a request may cost at
//! most. The [`Book`] of an organisation admits a quote on a path of accounts, all or nothing, and
//! answers with a [`Hold`], a place in the queue, or a [`Refusal`] that names what was short. A hold
//! ends exactly once, by being consumed: settled with a cost, or released. What it ends in is a
//! [`Settlement`], written down before [`Book::close`] gives the remainder back. Nothing is ever
//! negative, and nothing is reset in place: a new period is a new account. The crate reads no
//! clock, does no IO and knows no other crate of ours.
//!
//! Glossary: *grant* credits to spend; *limit* a ceiling for a scope and period; *account* the thing
//! that counts; *path* the accounts a request must pass; *hold* credits taken for a running request;
//! *lease* the part of an account this gateway may spend; *charge* what was taken in the end.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects, clippy::as_conversions)]

mod credits;
mod id;
mod instant;

mod price;

mod grant;
mod limit;
mod standing;

mod account;
mod hold;
mod refusal;

mod book;

mod charge;
mod written;

pub use account::{Account, AccountIndex};
pub use book::{
    Admission, Answer, Book, Change, Decided, Decision, Figures, GrantView, Leases, LimitView,
    LowPath, PathIndex, PathKey, PathView, PeriodOpened, ShortOf, Ticket, Verdict, WaitingAsk,
};
pub use charge::{Cause, Charge, Ending, Line, LineSource, Surface};
pub use credits::{Credits, ParseCreditsError};
pub use grant::{Access, Grant, GrantKind};
pub use hold::{Hold, HoldParts, Part, Quote, SettledPart, Settlement};
pub use id::{
    AccountId, Epoch, GrantId, GroupId, HoldId, KeyId, LimitId, MemberId, NodeId, OrgId,
    ParseIdError, ProjectId, Shard, Tool,
};
pub use instant::Instant;
pub use limit::{CountsFrom, Limit, Period, Scope};
pub use price::{Per, Price, PriceError, Rate, Unit, Usage};
pub use refusal::{Refusal, Short, ShortAccount, ShortOn};
pub use standing::{KeyStanding, KeyStatus, MemberStanding, MemberStatus};
pub use written::{WrittenPart, WrittenSettlement, join_written, settle_written};
