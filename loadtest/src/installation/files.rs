//! What a gateway is told: a config that is the same for all, and an environment that is its own.

use std::path::Path;
use std::time::Duration;

use super::gateway::Listeners;
use super::{Database, Waits};
use crate::audit::LOGGED;

const CONFIG: &str = include_str!("config.yaml");

/// The config of every gateway.
pub(super) fn config(waits: Waits) -> String {
    let millis = |duration: Duration| format!("{}ms", duration.as_millis());
    let config = CONFIG.replace("MAX_OFFLINE", &millis(waits.max_offline));
    config.replace("HOLD_WAIT", &millis(waits.hold_wait))
}

/// What the gateways of an installation share and nobody else knows.
pub(super) struct Secrets {
    pepper: String,
    admin_token: String,
    control_token: String,
}

/// The variable that holds the admin token.
pub(super) const ADMIN_TOKEN: &str = "ADMIN_TOKEN";

impl Secrets {
    pub(super) fn drawn() -> Self {
        let secret = || (0..4).map(|_| format!("{:016x}", rand::random::<u64>())).collect();
        Self { pepper: secret(), admin_token: secret(), control_token: secret() }
    }

    /// The variables of a gateway that keeps its data in this folder.
    pub(super) fn environment(
        &self,
        listeners: &Listeners,
        folder: &Path,
        provider: &str,
        database: &Database,
    ) -> Vec<(&'static str, String)> {
        let own = [
            ("GATEWAY", listeners.gateway.to_string()),
            ("ADMIN", listeners.admin.to_string()),
            ("OPERATIONS", listeners.operations.to_string()),
            ("FOLDER", folder.display().to_string()),
            ("DATABASE_URL", database.url().to_owned()),
            ("PROVIDER", provider.to_owned()),
            ("PEPPER", self.pepper.clone()),
            (ADMIN_TOKEN, self.admin_token.clone()),
            ("CONTROL_TOKEN", self.control_token.clone()),
        ];
        own.into_iter().chain(LOGGED.map(|(name, value)| (name, value.to_owned()))).collect()
    }
}
