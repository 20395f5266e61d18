//! The provider as its callers meet it: over HTTP, one file for each thing it sells.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test says so by panicking")]

mod bill;
mod chat;
mod embeddings;
mod images;
mod messages;
mod models;
mod responses;
mod scripts;
mod server;
mod support;
