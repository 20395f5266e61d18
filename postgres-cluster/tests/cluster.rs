//! A cluster can be put through everything that befalls a database, and leaves nothing behind.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use postgres_cluster::{Cluster, Options, Stop};

#[test]
fn what_is_committed_survives_every_end_of_the_server() {
    let mut cluster = Cluster::make(Options::default()).unwrap();
    let database = cluster.server().database().unwrap();
    database.run("CREATE TABLE kept (n int)").unwrap();
    let ends: [fn(&mut Cluster) -> std::io::Result<()>; 4] = [
        |cluster| cluster.stop(Stop::Fast),
        |cluster| cluster.stop(Stop::Immediate),
        Cluster::kill,
        Cluster::restart,
    ];
    for (n, end) in ends.into_iter().enumerate() {
        database.run(&format!("INSERT INTO kept VALUES ({n})")).unwrap();
        end(&mut cluster).unwrap();
        cluster.start().unwrap();
        let kept = database.run("SELECT count(*) FROM kept").unwrap();
        assert_eq!(kept, (n + 1).to_string());
    }
}

#[test]
fn a_paused_server_answers_once_it_goes_on() {
    let cluster = Cluster::make(Options::default()).unwrap();
    cluster.pause().unwrap();
    let server = cluster.server().clone();
    let asking = std::thread::spawn(move || server.run("postgres", "SELECT 1").unwrap());
    assert!(!asking.is_finished());
    cluster.resume().unwrap();
    assert_eq!(asking.join().unwrap(), "1");
}

#[test]
fn nothing_is_left_when_it_is_dropped() {
    let cluster = Cluster::make(Options::default()).unwrap();
    let (pid, folder) = (cluster.pid().unwrap(), folder_of(&cluster));
    cluster.pause().unwrap();
    drop(cluster);
    assert!(!Path::new(&folder).exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn nothing_is_left_when_its_owner_is_killed() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_with-postgres"));
    owner.args(["sh", "-c", "echo \"$BURSAR_TEST_POSTGRES\"; read -r _"]);
    owner.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let mut url = String::new();
    BufReader::new(owner.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    let server = postgres_cluster::Server::at(url.trim()).unwrap();
    let folder = server.run("postgres", "SHOW data_directory").unwrap();
    assert!(Path::new(&folder).exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    while Path::new(&folder).exists() {
        std::thread::yield_now();
    }
    assert!(server.run("postgres", "SELECT 1").is_err());
}

#[test]
fn each_test_has_a_database_of_its_own() {
    let server = postgres_cluster::test_server().unwrap();
    let (one, other) = (server.database().unwrap(), server.database().unwrap());
    one.run("CREATE TABLE t (n int)").unwrap();
    assert!(other.run("SELECT * FROM t").is_err());
    let url = one.url();
    drop(one);
    let name = url.rsplit('/').next().unwrap();
    while server.run(name, "SELECT 1").is_ok() {}
}

fn folder_of(cluster: &Cluster) -> String {
    cluster.server().run("postgres", "SHOW data_directory").unwrap()
}
