//! The journal as a whole.

mod damage;
mod fixture;
mod full;
mod records;
mod restart;
mod retention;
mod rewind;
mod torn;
