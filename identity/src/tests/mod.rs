//! The crate as the gateway sees it.
