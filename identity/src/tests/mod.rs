//! The crate as the gateway sees it.

mod configured;
mod draft;
mod local_issuer;
mod mint;
mod world;

mod adopted;
mod arbitrary;
mod key_sets;
mod published;
mod remembered;
mod rules;
mod said;
