//! A process that is killed at once, and the folder that the next one finds, whole or not.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Demo, FREE_PORTS, bursar, run};

/// A demo in a folder that stays.
async fn demo(folder: &Path) -> Demo {
    Demo::start(&["--data-dir", folder.to_str().unwrap()]).await
}

/// Why a demo does not start in a folder.
fn error(folder: &Path) -> String {
    let mut command = bursar(&["demo", "--json", "--data-dir"]);
    let (code, _, error) = run(command.arg(folder).args(FREE_PORTS));
    assert_eq!(code, 1, "{error}");
    error
}

/// A folder in which a demo has answered so many calls and was then killed.
async fn killed(calls: usize) -> (TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo(folder.path()).await;
    let mut ids = Vec::new();
    for _ in 0..calls {
        let (status, answer, id) = demo.chat("plain", "mock-flat").await;
        assert_eq!(status, 200, "{answer}");
        ids.push(id);
    }
    // Dropped, it is sent SIGKILL.
    drop(demo);
    (folder, ids)
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("journal")
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

#[tokio::test]
async fn a_process_that_is_killed_has_charged_every_answer_once() {
    let (folder, ids) = killed(5).await;
    for _ in 0..2 {
        let demo = demo(folder.path()).await;
        for id in &ids {
            let request = demo.own("plain", &format!("requests/{id}")).await;
            assert_eq!(request["state"], "settled", "{request}");
            assert_eq!(request["indeterminate"], json!(false));
            assert_eq!(request["charged"], request["held"], "a flat price");
        }
        let balance: Value = demo.own("plain", "balance").await;
        let grants = balance["grants"].as_array().unwrap();
        assert!(grants.iter().all(|grant| grant["held"] == "0"), "{balance}");
    }
}

#[tokio::test]
async fn a_folder_whose_journal_is_gone_is_not_gone_on_with() {
    let (folder, _) = killed(1).await;
    std::fs::remove_dir_all(journal(folder.path())).unwrap();
    let error = error(folder.path());
    assert!(error.contains("has lost segments of its journal"), "{error}");
    assert!(error.contains("retire the node"), "{error}");
}

#[tokio::test]
async fn an_old_copy_of_the_journal_is_refused() {
    let (folder, _) = killed(1).await;
    let aside = tempfile::tempdir().unwrap();
    copy(&journal(folder.path()), aside.path());
    let again = demo(folder.path()).await;
    for _ in 0..3 {
        assert_eq!(again.chat("plain", "mock-flat").await.0, 200);
    }
    assert_eq!(again.process.end("INT").await.0, 0);
    std::fs::remove_dir_all(journal(folder.path())).unwrap();
    copy(&aside.path().join("journal"), folder.path());
    let error = error(folder.path());
    assert!(error.contains("old copy"), "{error}");
}

#[tokio::test]
async fn the_journal_of_another_node_is_refused() {
    let ((one, _), (other, _)) = (killed(1).await, killed(1).await);
    std::fs::remove_dir_all(journal(one.path())).unwrap();
    copy(&journal(other.path()), one.path());
    let error = error(one.path());
    assert!(error.contains("is the journal of node_"), "{error}");
    assert!(error.contains("point data_dir at this gateway's own folder"), "{error}");
}

#[tokio::test]
async fn damage_in_what_was_on_disk_is_told_with_the_file_and_the_place() {
    let (folder, _) = killed(0).await;
    let ended = demo(folder.path()).await;
    for _ in 0..3 {
        assert_eq!(ended.chat("plain", "mock-flat").await.0, 200);
    }
    assert_eq!(ended.process.end("INT").await.0, 0);
    let files = std::fs::read_dir(journal(folder.path())).unwrap();
    let mut segments: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|it| it == "journal"));
    segments.sort();
    let newest = segments.last().unwrap();
    let mut bytes = std::fs::read(newest).unwrap();
    bytes[4_096 + 300] ^= 1;
    std::fs::write(newest, bytes).unwrap();
    let error = error(folder.path());
    let name = newest.file_name().unwrap().to_str().unwrap();
    assert!(error.contains(&format!("{name} is damaged at byte ")), "{error}");
    assert!(error.contains("restore the file from a backup"), "{error}");
}

#[tokio::test]
async fn a_damaged_store_is_told_and_what_to_do() {
    let (folder, _) = killed(0).await;
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("bursar.db{ending}")));
    }
    std::fs::write(folder.path().join("bursar.db"), b"not a database, by any means").unwrap();
    let error = error(folder.path());
    assert!(error.contains("is damaged or no database"), "{error}");
    assert!(error.contains("restore it from a backup"), "{error}");
}
