//! The processes of an audited run: a provider that outlives every gateway, and a gateway that can
//! be killed and started again on the same folder and the same ports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::audit::{Books, LOGGED};
use crate::demo::{Demo, NAME, Place};
use crate::folder::Folder;
use crate::process::Process;
use crate::programs::{Program, Programs};
use crate::provider::{Pace, Provider};

/// What a run is started with.
pub(crate) struct Binaries {
    pub(crate) bursar: PathBuf,
    pub(crate) mock_provider: PathBuf,
}

/// The running processes. The gateway stops before the provider does.
pub(crate) struct Stage {
    pub(crate) demo: Demo,
    pub(crate) provider: Provider,
    pub(crate) house: House,
}

/// What stays when the gateway dies.
pub(crate) struct House {
    bursar: PathBuf,
    upstream: String,
    listeners: Option<[SocketAddr; 3]>,
    folder: Folder,
}

impl Binaries {
    /// Those beside this program, unless others were given.
    ///
    /// # Errors
    /// One is not there, or cannot be built.
    pub(crate) fn find(
        programs: &Programs,
        bursar: Option<&Path>,
        mock_provider: Option<&Path>,
    ) -> Result<Self> {
        Ok(Self {
            bursar: programs.find(Program::Bursar, bursar)?,
            mock_provider: programs.find(Program::MockProvider, mock_provider)?,
        })
    }
}

impl Stage {
    /// Starts both, with all files in `folder`, or in a temporary one.
    ///
    /// # Errors
    /// One of them does not start, or the folder cannot be used.
    pub(crate) async fn start(
        binaries: Binaries,
        pace: Pace,
        folder: Option<&Path>,
    ) -> Result<Self> {
        let folder = Folder::of(folder)?;
        let bill = folder.path().join("bill.jsonl");
        let provider = Provider::start(&binaries.mock_provider, pace, Some(&bill))?;
        let mut house =
            House { bursar: binaries.bursar, upstream: provider.url(), listeners: None, folder };
        let mut process = house.spawn()?;
        process.ready().await?;
        let demo = Demo::of(process)?;
        house.listeners = Some(demo.listeners()?);
        Ok(Self { demo, provider, house })
    }

    /// Kills the gateway and starts another one in its place, which is not ready yet.
    ///
    /// # Errors
    /// It had ended by itself.
    pub(crate) fn kill_and_start(&mut self) -> Result<()> {
        self.demo.kill_and(|| self.house.spawn())
    }
}

impl House {
    fn spawn(&self) -> Result<Process> {
        let data = self.folder.path().join("data");
        let place = Place {
            upstream: &self.upstream,
            folder: Some(&data),
            listeners: self.listeners,
            relaxed: false,
        };
        let mut command = place.command(&self.bursar);
        Process::spawn(NAME, command.envs(LOGGED), Some(&self.log()))
    }

    /// The gateway's books.
    pub(crate) fn books(&self) -> Books {
        Books::in_file(self.bursar.clone(), self.folder.path().join("data/bursar.db"))
    }

    /// What the gateway said on standard error, all its lives long.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("gateway.log")
    }

    /// Keeps the files of a run that somebody has to look into, and says where they are.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}
