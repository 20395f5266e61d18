//! The demo's config: a file like any other, with the demo's addresses and secrets filled in.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use bursar_config::{Config, Environment};

use super::memory::Memory;
use super::ports::Addresses;
use crate::cli::Durability;

const TEXT: &str = include_str!("config.yaml");

/// What the variables in the file stand for.
struct Variables(HashMap<&'static str, String>);

impl Environment for Variables {
    fn var(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn read_file(&self, path: &Path) -> io::Result<String> {
        // The file names none.
        Err(io::Error::new(io::ErrorKind::NotFound, format!("no {}", path.display())))
    }
}

/// The config of a demo that listens on these addresses and keeps its data in this folder.
///
/// # Errors
/// The [`bursar_config::Problems`] of an address that may not be listened on.
pub(super) fn config(
    addresses: &Addresses,
    memory: &Memory,
    folder: &Path,
    durability: Durability,
) -> anyhow::Result<Config> {
    let variables = [
        ("DEMO_GATEWAY", addresses.gateway.to_string()),
        ("DEMO_ADMIN", addresses.admin.to_string()),
        ("DEMO_OPERATIONS", addresses.operations.to_string()),
        ("DEMO_PROVIDER", format!("http://{}", addresses.provider)),
        ("DEMO_FOLDER", folder.display().to_string()),
        ("DEMO_PEPPER", memory.pepper.clone()),
        ("DEMO_ADMIN_TOKEN", memory.admin_token.clone()),
        ("DEMO_PROVIDER_KEY", "the-operators-own-key".to_owned()),
    ];
    let variables = Variables(variables.into());
    let mut config = Config::parse(TEXT, "the demo's config", Path::new("."), &variables)?;
    config.bootstrap.durability = durability.into();
    Ok(config)
}
