//! A whole installation: several gateways on one database, before one provider.
//!
//! `people` is who is in it, `config.yaml` what its gateways are told; `database` and `gateway` are
//! its processes, which can be taken away and brought back, `admin` is the operator's hand.

mod admin;
mod database;
mod files;
mod gateway;
mod people;
mod ports;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub(crate) use admin::{Admin, Applied, StoredGrant};
pub(crate) use database::Database;
pub(crate) use gateway::{Gateway, StoreCalls, store_calls};
pub(crate) use people::{Imported, People};

use self::files::Secrets;
use crate::audit::Books;
use crate::folder::Folder;
use crate::provider::{Pace, Provider};
use crate::traffic::{Calls, Log, Play};

/// What an installation is made of.
pub(crate) struct Plan<'a> {
    pub(crate) bursar: PathBuf,
    pub(crate) mock_provider: &'a Path,
    pub(crate) gateways: u32,
    /// The URL of a database; without it, one of its own.
    pub(crate) database: Option<&'a str>,
    pub(crate) folder: Option<&'a Path>,
    pub(crate) pace: Pace,
    pub(crate) waits: Waits,
    /// Whether what a private database commits survives a power loss.
    pub(crate) durable: bool,
    pub(crate) people: &'a People,
}

/// How long a gateway waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// For a database that is away, while it serves.
    pub(crate) max_offline: Duration,
    /// For credits that others hold, and for the database to say so.
    pub(crate) hold_wait: Duration,
}

/// The running processes. Dropped, the gateways stop first and the database last.
pub(crate) struct Installation {
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) provider: Provider,
    pub(crate) database: Database,
    pub(crate) imported: Imported,
    pub(crate) house: House,
}

/// What stays when the gateways have stopped.
pub(crate) struct House {
    books: Books,
    folder: Folder,
}

impl Installation {
    /// Starts all of it, and waits until every gateway is ready.
    ///
    /// # Errors
    /// Something does not start, or refuses its part.
    pub(crate) async fn start(plan: Plan<'_>) -> Result<Self> {
        let folder = Folder::of(plan.folder)?;
        let database = Database::start(plan.database, plan.durable)?;
        let bill = folder.path().join("bill.jsonl");
        let provider = Provider::start(plan.mock_provider, plan.pace, Some(&bill))?;
        let config = folder.path().join("bursar.yaml");
        std::fs::write(&config, files::config(plan.waits)).context("the gateways' config")?;
        let secrets = Secrets::drawn();

        let mut gateways = Vec::new();
        for (number, listeners) in ports::free(plan.gateways)?.into_iter().enumerate() {
            let name = format!("gateway {}", number + 1);
            let home = folder.path().join(name.replace(' ', "-"));
            let environment = secrets.environment(&listeners, &home, &provider.url(), &database);
            gateways.push(Gateway::new(name, plan.bursar.clone(), &config, listeners, environment));
        }
        let first = gateways.first().context("an installation without a gateway")?;
        run(&mut first.command(&["migrate"]))?;
        let people = folder.path().join("people.json");
        std::fs::write(&people, serde_json::to_vec_pretty(plan.people)?)?;
        let imported = run(first.command(&["org", "import"]).arg(&people))?;
        let imported: Imported = serde_json::from_slice(&imported).context("what was imported")?;
        let books = Books::of_config(plan.bursar, config, first.environment().to_vec());

        for gateway in &mut gateways {
            gateway.start()?;
        }
        for gateway in &mut gateways {
            gateway.ready().await?;
        }
        Ok(Self { gateways, provider, database, imported, house: House { books, folder } })
    }

    /// What the callers of each gateway share, which make these calls.
    pub(crate) fn plays(&self, calls: impl Fn(u64) -> Box<dyn Calls>) -> Vec<Arc<Play>> {
        let keys = self.imported.keys.iter();
        let secrets: BTreeMap<_, _> =
            keys.map(|key| (Arc::from(key.name.as_str()), key.key.clone())).collect();
        let play = |(number, gateway): (u64, &Gateway)| Play {
            server: gateway.listeners.gateway,
            calls: calls(number),
            secrets: secrets.clone(),
            log: Log::default(),
        };
        (0..).zip(&self.gateways).map(play).map(Arc::new).collect()
    }

    /// The operator at this gateway.
    pub(crate) fn admin(&self, gateway: usize) -> Result<Admin> {
        let gateway = self.gateways.get(gateway).context("no such gateway")?;
        Ok(gateway.admin(&self.imported.org))
    }
}

impl House {
    pub(crate) fn books(&self) -> &Books {
        &self.books
    }

    /// Keeps the files of a run that somebody has to look into, and says where they are.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

/// Runs a command to its end, and returns what it said.
fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let what: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        bail!("bursar {} ended with {}: {said}", what.join(" "), output.status);
    }
    Ok(output.stdout)
}
