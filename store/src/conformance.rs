//! What every store must do, as a suite that any of them can be put through.
