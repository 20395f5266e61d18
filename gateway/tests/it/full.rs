//! A journal whose disk is full, or fails, or stalls.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journal::{Disk, LocalDisk, Options};
use serde_json::Value;

use crate::calls::{CHAT, chat};
use crate::edits::patience;
use crate::house::{House, small};
use crate::watch::micros;

/// A disk that is what it is told to be.
#[derive(Debug, Default)]
struct MoodyDisk {
    full: AtomicBool,
    broken: AtomicBool,
}

impl Disk for MoodyDisk {
    fn zeroed(&self, path: &Path, bytes: u64) -> io::Result<File> {
        match self.full.load(Ordering::SeqCst) {
            true => Err(ErrorKind::StorageFull.into()),
            false => LocalDisk.zeroed(path, bytes),
        }
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        LocalDisk.write(file, bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        match self.broken.load(Ordering::SeqCst) {
            true => Err(io::Error::other("a broken disk")),
            false => LocalDisk.sync(file),
        }
    }
}

async fn on(disk: &Arc<MoodyDisk>, segment_bytes: u64) -> House {
    let disk = Arc::clone(disk) as Arc<dyn Disk>;
    House::with_journal(patience("60s"), Options { segment_bytes, disk, ..small() }).await
}

async fn code(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let told: Value = response.json().await.unwrap();
    (status, told["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_full_disk_admits_nothing_lets_what_runs_end_and_recovers_by_itself() {
    let disk = Arc::new(MoodyDisk::default());
    let house = on(&disk, 64 << 10).await;
    let caller = house.caller("1000").await;
    let running = house.post(&caller, CHAT, &chat("mock-slow")).header("x-mock-delay-ms", 2_000);
    let running = tokio::spawn(running.send());
    house.provider.requests_when(|requests| requests.len() == 1).await;
    disk.full.store(true, Ordering::SeqCst);
    let mut served = 0;
    let refused = loop {
        let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
        if response.status() != 200 {
            break response;
        }
        response.bytes().await.unwrap();
        served += 1;
    };
    assert_eq!(code(refused).await, (503, "ledger_unavailable".to_owned()));
    assert_eq!(house.metric("bursar_journal_full").await, 1);
    let answer = running.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap();
    disk.full.store(false, Ordering::SeqCst);
    // The journal looks for room by itself.
    while house.call(&caller, CHAT, &chat("mock-flat")).await.status() != 200 {
        tokio::task::yield_now().await;
    }
    house.quiet().await;
    let slow = house.provider.bill().models["mock-slow"].clone();
    let slow = crate::calls::priced(&slow);
    let flat = micros(1_000_000 * (served + 1));
    house.assert_spent(&caller, "1000", flat.checked_add(slow).unwrap()).await;
}

#[tokio::test]
async fn no_byte_goes_out_whose_hold_is_not_on_disk() {
    let disk = Arc::new(MoodyDisk::default());
    let house = on(&disk, 4 << 20).await;
    let caller = house.caller("10").await;
    disk.broken.store(true, Ordering::SeqCst);
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(code(response).await, (503, "ledger_unavailable".to_owned()));
    // And nothing more is admitted: the process is told to end.
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(code(response).await, (503, "ledger_unavailable".to_owned()));
    // None, if whatever else is written found the disk broken before the call came.
    let bill = house.provider.bill();
    assert!(bill.models.get("mock-flat").is_none_or(|model| model.answered == 1));
}
