//! A Postgres of one's own, for tests and load tests.
//!
//! [`Cluster::make`] makes one with `initdb` in a temporary folder, on a free port of 127.0.0.1 and
//! with a password of its own. Started as root, it runs as another user, since Postgres refuses root.
//! It can be stopped, killed and paused as a database in trouble would be. When it is dropped, and
//! also when the process that made it dies in whatever way, the server ends and the folder is gone.
//!
//! [`test_server`] is what tests ask for: the server of the run if `with-postgres` has started one,
//! else one of this process. Each test takes a [`Database`] of its own from it.

mod binaries;
mod cluster;
mod database;
mod folder;
mod process;
mod server;
mod user;
mod watchdog;

pub use cluster::{Cluster, Options, Stop};
pub use database::Database;
pub use server::{Server, TEST_SERVER, test_server};
