//! A model put back to what it was: a database that went back in time.

use super::Model;
use super::state::State;

/// Everything that a model held at one moment.
#[derive(Clone, Debug)]
pub struct Backup(State);

impl Model {
    /// Everything that it holds now.
    #[must_use]
    pub fn backup(&self) -> Backup {
        Backup(self.state.lock().clone())
    }

    /// Goes back to what it held then, and has forgotten what came after.
    pub fn restore(&self, backup: &Backup) {
        self.state.lock().clone_from(&backup.0);
    }
}
