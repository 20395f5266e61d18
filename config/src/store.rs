//! Where the store is: a file for one gateway, or a database for any number.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bootstrap::check_path;
use crate::bounds::check_time;
use crate::interpolate::Source;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field, SecretText, Text};
use crate::secret::Secret;

/// Where the store is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreAddress {
    /// An SQLite database in this file: for one gateway.
    Sqlite(PathBuf),
    /// A PostgreSQL database: for any number of gateways.
    Postgres(Postgres),
}

/// A PostgreSQL database, and how much of it one gateway uses.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// Its URL, which may hold a password: `postgres://USER:PASSWORD@HOST/DATABASE`. How the server
    /// is trusted stands in it too: `?sslmode=verify-full&sslrootcert=FILE`.
    pub url: Secret,
    /// Connections at most. Default: 16.
    pub connections: u16,
    /// The wait for a connection. Default: 5 s.
    pub connect: Duration,
    /// The wait for the answer to one statement. Default: 10 s.
    pub statement: Duration,
}

const CONNECTIONS: u16 = 16;
const CONNECT: Duration = Duration::from_secs(5);
const STATEMENT: Duration = Duration::from_secs(10);

impl StoreAddress {
    /// Whether both are the same store, used in the same way.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(file), Self::Sqlite(other)) => file == other,
            (Self::Postgres(one), Self::Postgres(other)) => one.exposed() == other.exposed(),
            (Self::Sqlite(_), Self::Postgres(_)) | (Self::Postgres(_), Self::Sqlite(_)) => false,
        }
    }
}

impl Postgres {
    fn exposed(&self) -> (&str, u16, Duration, Duration) {
        (self.url.expose(), self.connections, self.connect, self.statement)
    }
}

pub(crate) fn check(
    store: &Field<raw::Store>,
    data_dir: &Path,
    source: Source<'_>,
    report: &mut Report<'_>,
) -> Option<StoreAddress> {
    let place = Place::root().key("store");
    store.check_or(StoreAddress::Sqlite(data_dir.join("bursar.db")), |store| {
        match (&store.sqlite, &store.postgres) {
            (Field::Absent, Field::Absent) => {
                report.add(&place, "names no store; give `sqlite` or `postgres`");
                None
            }
            (sqlite, Field::Absent) => {
                let Text(path) = sqlite.given()?;
                let path = check_path(path, &place.key("sqlite"), source, report);
                path.map(StoreAddress::Sqlite)
            }
            (Field::Absent, postgres) => {
                let checked = check_postgres(postgres.given()?, &place.key("postgres"), report);
                checked.map(StoreAddress::Postgres)
            }
            _ => {
                report.add(&place, "names two stores; keep `sqlite` or `postgres`");
                None
            }
        }
    })
}

fn check_postgres(raw: &raw::Postgres, place: &Place, report: &mut Report<'_>) -> Option<Postgres> {
    let url = raw.url.given().and_then(|SecretText(url)| {
        let is_one = ["postgres://", "postgresql://"].iter().any(|begin| url.starts_with(begin));
        if !is_one {
            let form = "must be a URL such as postgres://USER:PASSWORD@HOST/DATABASE";
            report.add(&place.key("url"), form);
        }
        is_one.then(|| Secret::new(url.clone()))
    });
    let none = raw::PostgresTimeouts::default();
    let timeouts = match &raw.timeouts {
        Field::Absent => Some(&none),
        given => given.given(),
    };
    let place = place.key("timeouts");
    let mut time = |name, field: fn(&raw::PostgresTimeouts) -> &Field<raw::Duration>, default| {
        check_time(field(timeouts?), default, &place.key(name), report)
    };
    let connect = time("connect", |raw| &raw.connect, CONNECT);
    let statement = time("statement", |raw| &raw.statement, STATEMENT);
    Some(Postgres {
        url: url?,
        connections: raw.connections.or(CONNECTIONS)?,
        connect: connect?,
        statement: statement?,
    })
}
