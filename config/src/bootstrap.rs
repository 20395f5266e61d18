//! What a process needs before it can start: read from the local file only, changed by a restart.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::control::{self, Control};
use crate::interpolate::Source;
use crate::listen::{self, GatewayTls, Listen};
use crate::place::Place;
use crate::problem::Report;
use crate::quantity;
use crate::raw::{self, Field, SecretText, Text};
use crate::secret::{self, Secret};
use crate::store::{self, StoreAddress};

/// What a process needs before it can start; a change of it needs a restart.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The addresses to listen on.
    pub listen: Listen,
    /// TLS of the gateway's listener; none: plain HTTP.
    pub tls: Option<GatewayTls>,
    /// The folder that everything this node writes goes to. Default: `./data`.
    pub data_dir: PathBuf,
    /// What has to survive a power loss before the first byte of an answer. Default: its hold.
    pub durability: Durability,
    /// What the journal may take of the disk, in bytes, at least 256 MiB. Default: 4 GiB.
    pub journal_bytes: u64,
    /// Where the store is. Default: SQLite, `bursar.db` in the data folder.
    pub store: StoreAddress,
    /// How other gateways reach this one; always there with a store that several share.
    pub control: Option<Control>,
    /// The peppers that keys are hashed with.
    pub peppers: Peppers,
    /// Tokens that open the admin API, each at least 16 visible ASCII characters; at least one.
    pub admin_tokens: Vec<Secret>,
    /// Worker threads, at least 1. Default: the number of cores.
    pub threads: usize,
}

/// What has to survive a power loss before the first byte of an answer goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The request's hold.
    #[default]
    Strict,
    /// Nothing: a power loss may lose the last milliseconds.
    Relaxed,
}

/// The peppers of the key hashes, by version.
#[derive(Clone, Debug)]
pub struct Peppers {
    /// The version that new keys are hashed with; it is among `versions`.
    pub current: u16,
    /// Every version that some key may still be hashed with, each at least 32 bytes.
    pub versions: BTreeMap<u16, Secret>,
}

/// Asked once, so that it is the same for as long as the process runs.
static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get));

const JOURNAL_BYTES: u64 = 4 << 30;
/// Room for a few of its files.
const JOURNAL_BYTES_MIN: u64 = 256 << 20;

/// The length of the hash that a pepper goes into.
const PEPPER_BYTES_MIN: usize = 32;

/// 16 random characters of base 62 are 95 bits.
const ADMIN_TOKEN_BYTES_MIN: usize = 16;

impl Bootstrap {
    /// The top-level fields of the file in which this one differs from another.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let exposed = |bootstrap: &Self| {
            let Peppers { current, versions } = &bootstrap.peppers;
            let versions = versions.iter().map(|(n, pepper)| (*n, pepper.expose().to_owned()));
            let tokens = bootstrap.admin_tokens.iter().map(|token| token.expose().to_owned());
            (*current, versions.collect::<Vec<_>>(), tokens.collect::<Vec<_>>())
        };
        let same = [
            ("listen", self.listen == other.listen),
            ("tls", self.tls == other.tls),
            ("data_dir", self.data_dir == other.data_dir),
            ("durability", self.durability == other.durability),
            ("journal_bytes", self.journal_bytes == other.journal_bytes),
            ("store", self.store.is(&other.store)),
            ("control", Control::are_the_same(self.control.as_ref(), other.control.as_ref())),
            ("secrets", exposed(self) == exposed(other)),
            ("threads", self.threads == other.threads),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
    }
}

pub(crate) fn check(
    file: &raw::File,
    source: Source<'_>,
    report: &mut Report<'_>,
) -> Option<Bootstrap> {
    let root = Place::root();
    let listen = file
        .listen
        .check_or(Listen::default(), |raw| listen::check(raw, &root.key("listen"), report));
    let tls = file
        .tls
        .check_or(None, |raw| listen::check_tls(raw, &root.key("tls"), source, report).map(Some));
    let mut folder = |Text(path): &Text| check_path(path, &root.key("data_dir"), source, report);
    let data_dir = file.data_dir.check_or(source.base_dir.join("data"), &mut folder)?;
    let store = store::check(&file.store, &data_dir, source, report);
    let control = control::check(file, store.as_ref(), listen, report);
    let durability = file.durability.check_or(Durability::Strict, |raw| {
        Some(match raw {
            raw::Durability::Strict => Durability::Strict,
            raw::Durability::Relaxed => Durability::Relaxed,
        })
    });
    let journal_bytes = check_journal_bytes(file, report);
    let secrets = file.secrets.given();
    let peppers = secrets.and_then(|secrets| check_peppers(secrets, report));
    let admin_tokens = secrets.and_then(|secrets| check_admin_tokens(secrets, report));
    Some(Bootstrap {
        listen: listen?,
        tls: tls?,
        data_dir,
        durability: durability?,
        journal_bytes: journal_bytes?,
        store: store?,
        control: control?,
        peppers: peppers?,
        admin_tokens: admin_tokens?,
        threads: file.threads.check_or(*CORES, |threads| Some(usize::from(*threads)))?,
    })
}

pub(crate) fn check_path(
    path: &str,
    place: &Place,
    source: Source<'_>,
    report: &mut Report<'_>,
) -> Option<PathBuf> {
    if path.is_empty() {
        report.add(place, "is empty");
        return None;
    }
    Some(source.base_dir.join(path))
}

fn check_journal_bytes(file: &raw::File, report: &mut Report<'_>) -> Option<u64> {
    let place = Place::root().key("journal_bytes");
    file.journal_bytes.check_or(JOURNAL_BYTES, |raw::Size(text)| {
        let bytes = report.check(&place, quantity::size(text))?;
        if bytes < JOURNAL_BYTES_MIN {
            report.add(&place, "must be at least `256MiB`: the journal is kept in files of 64MiB");
            return None;
        }
        Some(bytes)
    })
}

fn check_peppers(secrets: &raw::Secrets, report: &mut Report<'_>) -> Option<Peppers> {
    let place = Place::root().key("secrets").key("peppers");
    let raw = secrets.peppers.given()?;
    let (current, raw) = (*raw.current.given()?, raw.versions.given()?);
    if !raw.contains_key(&current.to_string()) {
        report.add(&place.key("current"), format!("{current} is not among the versions"));
    }
    let mut versions = BTreeMap::new();
    for (number, pepper) in raw {
        let place = place.key("versions").key(number);
        let wrong = |_| "must be a version from 0 to 65535";
        let number = report.check(&place, number.parse().map_err(wrong));
        let pepper = pepper
            .given()
            .and_then(|pepper| secret::check_bytes(pepper, PEPPER_BYTES_MIN, &place, report));
        versions.extend(number.zip(pepper));
    }
    Some(Peppers { current, versions })
}

fn check_admin_tokens(secrets: &raw::Secrets, report: &mut Report<'_>) -> Option<Vec<Secret>> {
    let place = Place::root().key("secrets").key("admin_tokens");
    let tokens = secrets.admin_tokens.given()?.iter().enumerate();
    let check = |(index, token): (usize, &Field<SecretText>)| {
        secret::check_token(token.given()?, ADMIN_TOKEN_BYTES_MIN, &place.index(index), report)
    };
    Some(tokens.filter_map(check).collect())
}
