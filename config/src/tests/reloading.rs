//! A good file takes over, a bad one changes nothing, and both are told.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::{Fake, SOUND, environment};
use crate::reload::Effect;
use crate::{Config, Handle, ProcessEnvironment, Reloader};

const FILE: &str = "/etc/bursar/bursar.yaml";

fn started(text: &str) -> (Handle, Arc<Fake>, Reloader) {
    let env = Arc::new(environment().file(FILE, text));
    let handle = Handle::new(Config::load(Path::new(FILE), &*env).unwrap());
    (handle.clone(), Arc::clone(&env), Reloader::new(handle, Path::new(FILE), env))
}

/// The version of the prices in force, and what became of the reloads.
fn state(handle: &Handle, reloader: &Reloader) -> (String, u64, u64) {
    let receiver = reloader.reloads();
    let reloads = receiver.borrow();
    (handle.load().runtime.price_book.version.to_string(), reloads.ok, reloads.failed)
}

fn with_version(version: &str) -> String {
    SOUND.replace("version: \"1\"", &format!("version: \"{version}\""))
}

#[test]
fn a_good_file_takes_over_and_a_running_request_keeps_what_it_began_with() {
    let (handle, env, reloader) = started(SOUND);
    let began_with = handle.load_full();
    env.write(FILE, &with_version("2"));
    assert_eq!(reloader.reload(), Ok(()));
    assert_eq!(state(&handle, &reloader), ("2".to_owned(), 1, 0));
    assert_eq!(&*began_with.runtime.price_book.version, "1");
}

#[test]
fn a_bad_file_leaves_the_old_one_in_force() {
    let (handle, env, reloader) = started(SOUND);
    let before = handle.load_full();
    env.write(FILE, &with_version("2").replace("hold_wait: 3s", "hold_wait: 3"));
    let problems = reloader.reload().unwrap_err();
    assert_eq!(problems.iter().next().unwrap().path, "bounds.hold_wait");
    assert!(Arc::ptr_eq(&before, &handle.load_full()));
    assert_eq!(state(&handle, &reloader), ("1".to_owned(), 0, 1));
    assert_eq!(reloader.reloads().borrow().last, Some(Err(problems)));
}

#[test]
fn an_unchanged_file_changes_nothing() {
    let (handle, env, reloader) = started(SOUND);
    let before = handle.load_full();
    env.write(FILE, &format!("# a comment\n{SOUND}"));
    assert_eq!(reloader.reload(), Ok(()));
    assert!(Arc::ptr_eq(&before, &handle.load_full()));
    assert_eq!(state(&handle, &reloader), ("1".to_owned(), 0, 0));
}

#[test]
fn a_secret_that_was_rotated_is_a_change() {
    let (handle, env, reloader) = started(SOUND);
    env.set("OPENAI_API_KEY", "sk-new");
    assert_eq!(reloader.reload(), Ok(()));
    let openai = Arc::clone(&handle.load().runtime.providers[1]);
    assert_eq!(openai.credential.as_ref().unwrap().expose(), "sk-new");
}

#[test]
fn what_needs_a_restart_refuses_the_whole_reload() {
    let restart = "has changed and needs a restart; nothing of the file is in force yet";
    for (piece, other, line, field) in [
        ("8080", "8090", 2, "listen"),
        ("data_dir: ./data", "data_dir: ./other", 3, "data_dir"),
        ("data_dir", "durability: relaxed\ndata_dir", 3, "durability"),
        ("data_dir", "journal_bytes: 1GiB\ndata_dir", 3, "journal_bytes"),
        ("bursar.db", "other.db", 4, "store"),
        ("threads", "control: {token: \"${BURSAR_ADMIN_TOKEN}\"}\nthreads", 5, "control"),
        ("threads: 2", "threads: 3", 5, "threads"),
        ("${BURSAR_PEPPER}", "${UNSET:-another-0123456789-0123456789-0123}", 6, "secrets"),
        ("${BURSAR_ADMIN_TOKEN}", "${UNSET:-another-0123456789}", 6, "secrets"),
    ] {
        let (handle, env, reloader) = started(SOUND);
        env.write(FILE, &with_version("2").replace(piece, other));
        let problems = reloader.reload().unwrap_err();
        assert_eq!(problems.to_string(), format!("{FILE}:{line}: {field}: {restart}"));
        assert_eq!(state(&handle, &reloader), ("1".to_owned(), 0, 1));
    }
}

#[test]
fn a_look_at_a_file_that_was_tried_is_not_a_reload() {
    let (handle, env, reloader) = started(SOUND);
    env.write(FILE, "version: 2");
    assert!(reloader.reload_if_edited().is_err());
    assert_eq!(reloader.reload_if_edited(), Ok(Effect::None));
    env.write(FILE, &with_version("2"));
    assert_eq!(reloader.reload_if_edited(), Ok(Effect::Swapped));
    assert_eq!(reloader.reloads().borrow().last, Some(Ok(())));
    assert_eq!(state(&handle, &reloader), ("2".to_owned(), 1, 1));
}

/// A real file in a real folder, watched; secrets come from files beside it.
struct Watched {
    folder: tempfile::TempDir,
    reloader: Arc<Reloader>,
    handle: Handle,
}

impl Watched {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), super::CANARY).unwrap();
        let file = folder.path().join("bursar.yaml");
        std::fs::write(&file, Self::text("1")).unwrap();
        let handle = Handle::new(Config::load(&file, &ProcessEnvironment).unwrap());
        let reloader = Reloader::new(handle.clone(), &file, Arc::new(ProcessEnvironment));
        let reloader = Arc::new(reloader);
        let hangups = signal(SignalKind::hangup()).unwrap();
        tokio::spawn(Arc::clone(&reloader).watch(hangups));
        Self { folder, reloader, handle }
    }

    fn text(version: &str) -> String {
        let lines = with_version(version);
        let named = [
            "BURSAR_PEPPER",
            "BURSAR_ADMIN_TOKEN",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "JWT_SECRET",
        ];
        named.iter().fold(lines, |text, name| text.replace(name, "file:secret"))
    }

    /// Puts another file in place of the old one at once, as editors and deployments do.
    fn replace(&self, text: &str) {
        let beside = self.folder.path().join("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, self.folder.path().join("bursar.yaml")).unwrap();
    }

    async fn reloaded(&self, ok: u64, failed: u64) {
        let mut reloads = self.reloader.reloads();
        reloads.wait_for(|reloads| reloads.ok >= ok && reloads.failed >= failed).await.unwrap();
    }
}

#[tokio::test]
async fn a_replaced_file_is_seen_and_a_bad_one_is_told() {
    let watched = Watched::start();
    watched.replace(&Watched::text("2"));
    watched.reloaded(1, 0).await;
    assert_eq!(&*watched.handle.load().runtime.price_book.version, "2");
    watched.replace("version: 2");
    watched.reloaded(1, 1).await;
    assert_eq!(&*watched.handle.load().runtime.price_book.version, "2");
}

#[tokio::test]
async fn a_config_map_that_swaps_a_link_is_seen() {
    let watched = Watched::start();
    let folder = watched.folder.path();
    for version in ["2", "3"] {
        std::fs::create_dir(folder.join(version)).unwrap();
        std::fs::write(folder.join(version).join("bursar.yaml"), Watched::text(version)).unwrap();
    }
    symlink("2", folder.join("..data")).unwrap();
    std::fs::remove_file(folder.join("bursar.yaml")).unwrap();
    symlink("..data/bursar.yaml", folder.join("bursar.yaml")).unwrap();
    watched.reloaded(1, 0).await;
    symlink("3", folder.join("..tmp")).unwrap();
    std::fs::rename(folder.join("..tmp"), folder.join("..data")).unwrap();
    watched.reloaded(2, 0).await;
    assert_eq!(&*watched.handle.load().runtime.price_book.version, "3");
}

#[tokio::test]
async fn a_hangup_reads_the_secrets_again() {
    let watched = Watched::start();
    std::fs::write(watched.folder.path().join("openai"), "sk-1").unwrap();
    let text = Watched::text("2").replace(
        "openai.com\n    credential: \"${file:secret}\"",
        "openai.com\n    credential: \"${file:openai}\"",
    );
    watched.replace(&text);
    watched.reloaded(1, 0).await;
    std::fs::write(watched.folder.path().join("openai"), "sk-2").unwrap();
    let hang_up = format!("kill -HUP {}", std::process::id());
    assert!(std::process::Command::new("sh").args(["-c", &hang_up]).status().unwrap().success());
    watched.reloaded(2, 0).await;
    let config = watched.handle.load_full();
    assert_eq!(config.runtime.providers[1].credential.as_ref().unwrap().expose(), "sk-2");
}
