//! `bursar org import`: an organisation from a file, before the admin API has anyone to ask about.

mod file;
mod import;
mod names;

pub(crate) use import::import;
