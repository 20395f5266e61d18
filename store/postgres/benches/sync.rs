//! What a sync of nothing, of ten and of a thousand charges takes on a private server beside it.
//!
//! Each charge has one line of a grant and two of limits; fifty members call two models. The elements
//! of the throughput are charges.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use postgres_cluster::test_server;
use store::Store as _;
use store::conformance::Office;
use store_postgres::{Options, PostgresStore};
use tokio::runtime::Runtime;

fn syncs(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let database = test_server().and_then(|server| server.database()).expect("a database");
    let options = Options::new(database.url());
    runtime.block_on(PostgresStore::migrate(&options)).expect("tables");
    let store = runtime.block_on(PostgresStore::connect(&options)).expect("a store");
    let mut office = runtime.block_on(Office::move_in(&store));
    let mut group = criterion.benchmark_group("sync, wall time");
    group.sample_size(60);
    for charges in [0, 10, 1_000] {
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

criterion_group!(by_time, syncs);
criterion_main!(by_time);
