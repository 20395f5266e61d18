//! `bursar org import`: an organisation from a file, before the admin API has anyone to ask about.

mod file;
mod import;
mod names;
mod read;
mod rows;

pub(crate) use import::import;
