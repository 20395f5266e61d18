//! What a journal costs: appending, appending until it is on disk from 64 producers at once, and the
//! replay of a million records.

#[path = "records.rs"]
mod records;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use journal::{ClosedJournal, Journal, Options, Owner, Record};
use ledger::{Epoch, NodeId};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use records::{charge, opened, shard};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PRODUCERS: u64 = 64;
const REPLAYED: u64 = 1_000_000;

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

fn start(folder: &Path, epoch: u32) -> Journal {
    let owner = Owner { store: 1, node: NodeId(1) };
    let options = Options { unreported_max: usize::MAX, max_bytes: 64 << 30, ..Options::default() };
    let closed = ClosedJournal::open(folder, owner, None, 1, options).expect("a journal");
    let failed = |error: &std::io::Error| eprintln!("the disk has failed: {error}");
    closed.start(Epoch(epoch), &[], Box::new(failed)).expect("a start")
}

/// A hold and its ending.
fn request(journal: &Journal, n: u64) {
    let opened = Record::Hold(Arc::new(opened(n)));
    journal.append(shard(), black_box(opened)).expect("room");
    let settle = Record::Settle(Arc::new(charge(n)));
    let lsn = journal.append(shard(), black_box(settle)).expect("room");
    if n.is_multiple_of(1_024) {
        // As the store would, so that memory stays what it is.
        journal.applied(shard(), n, lsn);
    }
}

fn append(criterion: &mut Criterion) {
    let (folder, mut n) = (folder(), 0);
    let journal = start(folder.path(), 1);
    let mut group = criterion.benchmark_group("append, one thread");
    group.throughput(Throughput::Elements(2)).measurement_time(Duration::from_secs(3));
    group.bench_function("a hold and its settle", |bencher| {
        bencher.iter(|| {
            n += 1;
            request(&journal, n);
        });
    });
    group.finish();
}

fn durable(criterion: &mut Criterion) {
    let folder = folder();
    let journal = Arc::new(start(folder.path(), 1));
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("durable, 64 producers");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    group.bench_function("a record", |bencher| {
        bencher.iter_custom(|records| {
            let each = records.div_ceil(PRODUCERS);
            let start = Instant::now();
            runtime.block_on(async {
                let producers = (0..PRODUCERS).map(|producer| {
                    let journal = Arc::clone(&journal);
                    tokio::spawn(async move { produce(&journal, producer, each).await })
                });
                for producer in producers.collect::<Vec<_>>() {
                    producer.await.expect("a producer");
                }
            });
            let took = start.elapsed();
            journal.applied(shard(), 1, journal.written());
            took.mul_f64(records as f64 / (each * PRODUCERS) as f64)
        });
    });
    group.finish();
}

/// Appends records, each as soon as the one before is on disk.
async fn produce(journal: &Journal, producer: u64, records: u64) {
    for n in 0..records {
        let record = Record::Settle(Arc::new(charge(producer << 40 | n)));
        let lsn = journal.append(shard(), record).expect("room");
        journal.durable(lsn).await.expect("a disk");
    }
}

fn replay(criterion: &mut Criterion) {
    let folder = folder();
    let journal = start(folder.path(), 1);
    for n in 0..REPLAYED / 2 {
        journal.append(shard(), Record::Hold(Arc::new(opened(n)))).expect("room");
        journal.append(shard(), Record::Settle(Arc::new(charge(n)))).expect("room");
    }
    drop(journal);
    let (mut group, mut epoch) = (criterion.benchmark_group("replay"), 1);
    group.throughput(Throughput::Elements(REPLAYED)).sample_size(10);
    group.bench_function("a million records, none of them known to the store", |bencher| {
        bencher.iter_custom(|times| {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                epoch += 1;
                let start_of = Instant::now();
                let journal = start(folder.path(), epoch);
                took += start_of.elapsed();
                assert_eq!(journal.status().unreported as u64, REPLAYED / 2);
            }
            took
        });
    });
    group.finish();
}

criterion_group!(benches, append, durable, replay);
criterion_main!(benches);
