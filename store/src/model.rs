//! The store in memory: slow, plain, and what every other store is compared to.

/// A store that lives as long as the process.
#[derive(Debug, Default)]
pub struct Model;
