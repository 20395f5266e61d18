//! What the callers do: calls drawn from a mix, made on a connection each, and what came back.
//!
//! The calls of a run follow from its seed alone: call 17 of seed 5 is the same call in every run,
//! whichever connection makes it and however late.

mod answered;
mod each;
pub(crate) mod log;
mod mix;
mod planned;
mod player;
mod shape;

pub(crate) use answered::{Answered, Ended, Figures, by_kind, now};
pub(crate) use each::open_each;
pub(crate) use log::Log;
pub(crate) use mix::{Mix, Share};
pub(crate) use planned::{Fault, Planned};
pub(crate) use player::{Calls, Play, Player};
pub(crate) use shape::Shape;
