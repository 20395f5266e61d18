//! How long a decision takes: `cargo bench -p ledger`.
//!
//! Goals on one thread: a hold taken and settled within 150 ns on five limits and one grant. Two
//! threads on one hot organisation: 6 million pairs a second together.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench stops at the first surprise")]

use std::hint::black_box;
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ledger::{
    Access, AccountId, Admission, Book, Change, Credits, Epoch, Grant, GrantId, GrantKind, GroupId,
    HoldId, Instant, KeyId, KeyStanding, KeyStatus, Leases, Limit, LimitId, MemberId,
    MemberStanding, MemberStatus, NodeId, OrgId, PathIndex, PathKey, Per, Period, PeriodOpened,
    Price, ProjectId, Quote, Rate, Scope, Tool, Unit, Usage,
};

const NOW: Instant = Instant::from_seconds(1_000);
const TOOL: &str = "chatbot";

fn credits(whole: u64) -> Credits {
    Credits::from_micros(whole * 1_000_000).unwrap()
}

fn member() -> MemberId {
    MemberId::from_u128(1)
}

fn key(n: u128) -> KeyId {
    KeyId::from_u128(n)
}

/// The five scopes of the path that every bench asks for.
fn scopes() -> [Scope; 5] {
    [
        Scope::Key(key(0)),
        Scope::Member(member()),
        Scope::Project(ProjectId::from_u128(1)),
        Scope::Group(GroupId::from_u128(1)),
        Scope::Org,
    ]
}

fn add_limit(book: &mut Book, n: u128, scope: Scope) {
    let (id, account) = (LimitId::from_u128(n), AccountId::from_u128(1_000_000 + n));
    let amount = credits(1_000_000_000);
    let limit = Limit { id, scope, tool: None, period: Period::Total, amount };
    let (start, end) = (Instant::MIN, Instant::MAX);
    let period = PeriodOpened {
        limit: id,
        account,
        start,
        end,
        spent: Credits::ZERO,
        refunded: Credits::ZERO,
    };
    for change in [
        Change::Limit(limit),
        Change::PeriodOpened(period),
        Change::Leased(vec![(account, amount)]),
    ] {
        let _ = book.apply(change, NOW);
    }
}

fn add_grant(book: &mut Book, n: u128, amount: Credits) {
    let grant = Grant {
        id: GrantId::from_u128(n),
        kind: GrantKind::Allocation,
        amount,
        start: Instant::MIN,
        end: Instant::MAX,
        created: Instant::from_seconds(i64::try_from(n).unwrap()),
        access: Access::Everyone,
    };
    let account = grant.id.into();
    let _ = book.apply(Change::Grant { grant, spent: Credits::ZERO, refunded: Credits::ZERO }, NOW);
    let _ = book.apply(Change::Leased(vec![(account, amount)]), NOW);
}

fn add_key(book: &mut Book, n: u128) {
    let key = KeyStanding {
        id: key(n),
        member: member(),
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: Some(GroupId::from_u128(1)),
        project: Some(ProjectId::from_u128(1)),
        tools: None,
    };
    let _ = book.apply(Change::Key(key), NOW);
}

/// An organisation of five limits, one of each scope, and a grant of each of these amounts.
fn organisation(grants: &[Credits]) -> (Book, PathIndex) {
    let mut book = Book::new(OrgId::from_u128(1), Leases::Everything);
    let home = GroupId::from_u128(1);
    let member = MemberStanding {
        id: member(),
        status: MemberStatus::Active,
        home: Some(home),
        groups: vec![home],
        tools: None,
    };
    let _ = book.apply(Change::Member(member), NOW);
    add_key(&mut book, 0);
    for (n, scope) in (1..).zip(scopes()) {
        add_limit(&mut book, n, scope);
    }
    for (n, amount) in (1..).zip(grants) {
        add_grant(&mut book, 2_000_000 + n, *amount);
    }
    let path = book.path(&path_of(0));
    (book, path)
}

fn path_of(n: u128) -> PathKey {
    PathKey {
        member: member(),
        key: Some(key(n)),
        group: None,
        project: None,
        tool: Some(Tool::new(TOOL)),
    }
}

/// A hold of ten credits, settled with nothing, so that the book is the same for ever.
fn pair(book: &mut Book, path: PathIndex, n: u64) {
    let id = HoldId { node: NodeId(1), epoch: Epoch(1), n };
    let Admission::Held(hold) = book.admit(id, path, Quote::exactly(credits(10)), NOW) else {
        panic!("there is enough");
    };
    let decided = book.close(hold.settle(Credits::ZERO), NOW);
    black_box(decided);
}

fn one_thread(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("admit and settle");
    group.throughput(Throughput::Elements(1));
    let ample = credits(1_000_000_000);
    for (name, grants) in
        [("five limits, one grant", vec![ample]), ("over two grants", vec![credits(4), ample])]
    {
        let (mut book, path) = organisation(&grants);
        group.bench_function(name, |bencher| {
            let mut n = 0;
            bencher.iter(|| {
                n += 1;
                pair(black_box(&mut book), path, n);
            });
        });
    }
    group.finish();
}

/// Two workers of a gateway on one hot organisation, each taking the lock for one decision.
fn two_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("admit and settle, one lock");
    for threads in [1, 2] {
        group.throughput(Throughput::Elements(threads.try_into().unwrap()));
        group.bench_with_input(
            BenchmarkId::from_parameter(threads),
            &threads,
            |bencher, threads| {
                bencher.iter_custom(|pairs| hammer(*threads, pairs));
            },
        );
    }
    group.finish();
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn hammer(threads: usize, pairs: u64) -> Duration {
    let (book, path) = organisation(&[credits(1_000_000_000)]);
    let book = Mutex::new(book);
    let ready = Barrier::new(threads);
    let work = || {
        ready.wait();
        let begun = std::time::Instant::now();
        for n in 0..pairs {
            let id = HoldId { node: NodeId(1), epoch: Epoch(1), n };
            let quote = Quote::exactly(credits(10));
            // The lock goes with the statement, before the answer is looked at.
            let admission = book.lock().unwrap().admit(id, path, quote, NOW);
            let Admission::Held(hold) = admission else { panic!("there is enough") };
            let settlement = hold.settle(Credits::ZERO);
            let decided = book.lock().unwrap().close(settlement, NOW);
            assert!(decided.is_empty());
        }
        (begun, std::time::Instant::now())
    };
    // From the first that began to the last that ended: the main thread may wake late.
    let spans: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let begun = spans.iter().map(|span| span.0).min().unwrap();
    spans.iter().map(|span| span.1).max().unwrap() - begun
}

fn price(criterion: &mut Criterion) {
    let rate = |micros| Rate { credits: Credits::from_micros(micros).unwrap(), per: Per::Million };
    let price = Price::default()
        .with(Unit::InputToken, rate(2_500_000))
        .with(Unit::CachedInputToken, rate(250_000))
        .with(Unit::OutputToken, rate(10_000_000));
    let usage = Usage::default()
        .with(Unit::InputToken, 1_234)
        .with(Unit::CachedInputToken, 5_678)
        .with(Unit::OutputToken, 901);
    criterion.bench_function("price of three units", |bencher| {
        bencher.iter(|| black_box(&price).cost(black_box(&usage)));
    });
}

/// What the first request of a caller costs after a change: its path is found anew.
fn resolution(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a change and a path found anew");
    for keys in [1, 1_000] {
        let (mut book, path) = organisation(&[credits(1_000_000_000)]);
        for n in 1..keys {
            add_key(&mut book, n);
            add_limit(&mut book, 10 + n, Scope::Key(key(n)));
        }
        let _ = book.path(&path_of(0));
        group.bench_function(format!("{keys} keys with a limit each"), |bencher| {
            bencher.iter(|| {
                add_key(&mut book, 0);
                book.remaining(path, NOW)
            });
        });
    }
    group.finish();
}

/// The longest queue there is, decided anew without anyone passing.
fn queue(criterion: &mut Criterion) {
    let (mut book, path) = organisation(&[credits(1_000)]);
    let id = |n| HoldId { node: NodeId(1), epoch: Epoch(1), n };
    let held = book.admit(id(0), path, Quote::exactly(credits(1_000)), NOW);
    for n in 1..=1_024 {
        let _ = book.admit(id(n), path, Quote::exactly(credits(1)), NOW);
    }
    assert_eq!(book.waiting(), Book::WAITING_MAX);
    let account = GrantId::from_u128(2_000_001).into();
    let change = Change::Leased(vec![(account, Credits::ZERO)]);
    criterion.bench_function("a change while 1,024 wait", |bencher| {
        bencher.iter(|| book.apply(black_box(change.clone()), NOW));
    });
    drop(held);
}

criterion_group!(benches, one_thread, two_threads, price, resolution, queue);
criterion_main!(benches);
