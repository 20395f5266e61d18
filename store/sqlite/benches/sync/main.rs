//! What a sync of ten and of a thousand charges takes: time, and CPU of the whole process.
//!
//! Each charge has one line of a grant and two of limits; fifty members call two models. The elements
//! of the throughput are charges.

mod cpu;

use std::hint::black_box;

use criterion::measurement::{Measurement, WallTime};
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
};
use store::Store;
use store::conformance::Office;
use store_sqlite::SqliteStore;
use tokio::runtime::Runtime;

use cpu::ProcessCpu;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn syncs<M: Measurement>(mut group: BenchmarkGroup<'_, M>) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let store = runtime.block_on(SqliteStore::open(&folder.path().join("bursar.db")));
    let store = store.expect("a store");
    let mut office = runtime.block_on(Office::move_in(&store));
    group.sample_size(60);
    for charges in [10, 1_000] {
        group.throughput(Throughput::Elements(charges));
        group.bench_function(format!("{charges} charges"), |bencher| {
            bencher.iter_batched(
                || office.call(charges),
                |call| runtime.block_on(store.sync(black_box(&call))).expect("a sync"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn time(criterion: &mut Criterion<WallTime>) {
    syncs(criterion.benchmark_group("sync, wall time"));
}

fn cpu(criterion: &mut Criterion<ProcessCpu>) {
    syncs(criterion.benchmark_group("sync, cpu of all threads"));
}

criterion_group!(by_time, time);
criterion_group! {
    name = by_cpu;
    config = Criterion::default().with_measurement(ProcessCpu);
    targets = cpu
}
criterion_main!(by_time, by_cpu);
