//! Changes of what has no version, one after the other.

use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

/// Turns at changing a member or an organisation: whoever has one has read what it changes, and
/// nobody else of this process changes it meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<()>>);

impl Turns {
    /// Waits for a turn.
    pub(crate) async fn take(&self) -> MutexGuard<'_, ()> {
        self.0.lock().await
    }
}
