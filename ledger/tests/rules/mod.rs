//! The rules of the book, a sentence each.

mod burning;
mod callers;
mod ending;
mod extending;
mod extremes;
mod limits;
mod lowering;
mod periods;
mod probing;
mod recalling;
mod refunds;
mod sharing;
mod waiting;
