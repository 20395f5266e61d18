//! From a text to a checked config, or to all its problems.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::LazyLock;

use crate::bootstrap::{self, Bootstrap};
use crate::environment::Environment;
use crate::interpolate::{Source, interpolate};
use crate::place::Place;
use crate::problem::{Problems, Report};
use crate::runtime::{self, Runtime};
use crate::tree::{self, Node};
use crate::{raw, structure};

/// A checked config: whoever has one need not check again.
#[derive(Clone, Debug)]
pub struct Config {
    /// What needs a restart to change.
    pub bootstrap: Bootstrap,
    /// What may change while the process runs.
    pub runtime: Runtime,
    /// Tells two configs apart, within this process.
    pub(crate) fingerprint: u64,
}

/// A config and the file it was read from, for what is still to be said of its lines.
pub(crate) struct Checked {
    pub(crate) config: Config,
    pub(crate) tree: Node,
}

impl Config {
    /// Reads and checks a file; relative paths in it start at its folder.
    ///
    /// # Errors
    /// Every mistake of the file at once.
    pub fn load(file: &Path, env: &dyn Environment) -> Result<Self, Problems> {
        let text = read(file, env)?;
        Self::parse(&text, &file.display().to_string(), folder_of(file), env)
    }

    /// Checks a text that came from `file_name`; relative paths in it start at `base_dir`.
    ///
    /// # Errors
    /// Every mistake of the text at once.
    pub fn parse(
        text: &str,
        file_name: &str,
        base_dir: &Path,
        env: &dyn Environment,
    ) -> Result<Self, Problems> {
        check(text, file_name, Source { env, base_dir }).map(|checked| checked.config)
    }
}

/// Reads the file itself.
pub(crate) fn read(file: &Path, env: &dyn Environment) -> Result<String, Problems> {
    let unreadable =
        |error| Problems::of_file(&file.display().to_string(), format!("cannot be read: {error}"));
    env.read_file(file).map_err(unreadable)
}

/// What relative paths in a file start at.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// Tree, structure, secrets, meaning: each step reports what it finds and the next goes on with the
/// sound rest, so that one run tells everything.
pub(crate) fn check(text: &str, file_name: &str, source: Source<'_>) -> Result<Checked, Problems> {
    let tree = tree::parse(text).map_err(|problem| Problems::new(file_name, vec![problem]))?;
    let mut report = Report::new(&tree);
    tree.report_duplicates(&Place::root(), &mut report);
    let refused = structure::check(&tree.to_json(), &mut report);

    let mut resolved = tree.clone();
    refused.iter().for_each(|place| resolved.erase(place));
    interpolate(&mut resolved, &Place::root(), source, &mut report);
    let resolved = resolved.to_json();
    let fingerprint = fingerprint_of(&resolved);
    let file: Option<raw::File> = serde_json::from_value(resolved).ok();
    let bootstrap = file.as_ref().and_then(|file| bootstrap::check(file, source, &mut report));
    let runtime = file.as_ref().and_then(|file| runtime::check(file, source, &mut report));

    report.into_problems(file_name)?;
    match (bootstrap, runtime) {
        (Some(bootstrap), Some(runtime)) => {
            Ok(Checked { config: Config { bootstrap, runtime, fingerprint }, tree })
        }
        // Whatever is missing was reported above; were it not, the file is still not accepted.
        _ => Err(Problems::of_file(file_name, "cannot be understood; please report this".into())),
    }
}

/// A number of this process alone, so that it tells nobody outside what the secrets are.
fn fingerprint_of(resolved: &serde_json::Value) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one(resolved)
}
