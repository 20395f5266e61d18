//! The book: its rules one by one, and every step of random lives beside a second, slower model.

#[cfg(test)]
mod model;
#[cfg(test)]
mod world;

#[cfg(test)]
mod gateways;
#[cfg(test)]
mod org;
#[cfg(test)]
mod rules;
