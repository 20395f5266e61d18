//! What a key costs: one that has called before, and one that there is not.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use identity::{KnownSecrets, Recognised};
use ipnet::IpNet;
use ledger::Instant;
use store::{KeyHasher, KeyKind, KeySecret, PlainKey};

/// Keys in memory; what is looked up lies among many.
const KEYS: usize = 100_000;

/// What a request looks at of a key beside the book's part.
struct Rules {
    secret: KeySecret,
    ips: Vec<IpNet>,
}

impl Rules {
    fn allow(&self, from: IpAddr, now: Instant) -> bool {
        now < self.secret.not_after && self.ips.iter().any(|network| network.contains(&from))
    }
}

fn plain(n: usize) -> PlainKey {
    let mut state = u64::try_from(n).unwrap_or(0).wrapping_add(1);
    PlainKey::generate(KeyKind::Member, || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

fn keys(criterion: &mut Criterion) {
    let (pepper, earlier) = ([7_u8; 32], [8_u8; 32]);
    let hasher = KeyHasher::new(1, [(1, pepper.as_slice())]).expect("it has its pepper");
    let both = [(1, pepper.as_slice()), (0, earlier.as_slice())];
    let both = KeyHasher::new(1, both).expect("it has its pepper");
    let now = Instant::from_seconds(1);
    let (known, two) = (KnownSecrets::new(hasher.clone()), KnownSecrets::new(both));
    let secrets: Vec<_> = (0..KEYS).map(|n| hasher.secret(&plain(n), now)).collect();
    known.replace_all(secrets.iter().map(|secret| &secret.hash));
    two.replace_all(secrets.iter().map(|secret| &secret.hash));
    let ips = ["192.0.2.0/24", "203.0.113.0/24"].map(|ip| ip.parse().expect("a network"));
    for secret in secrets {
        let rules = Arc::new(Rules { secret: secret.clone(), ips: ips.to_vec() });
        known.introduce(secret.hash, Arc::clone(&rules));
        two.introduce(secret.hash, rules);
    }
    let from = "203.0.113.9".parse().expect("an address");
    let called: Vec<_> = (0..KEYS).step_by(97).map(|n| plain(n).expose().to_owned()).collect();
    let mut turn = called.iter().cycle();
    let mut next = || turn.next().expect("it has no end").as_str();
    let warm = |known: &KnownSecrets<Arc<Rules>>, key: &str| {
        store::is_well_formed(key)
            && matches!(known.recognise(key), Recognised::Known(rules) if rules.allow(from, now))
    };
    assert!(warm(&known, next()), "a key that has called is known");
    criterion.bench_function("key, warm", |bench| bench.iter(|| warm(&known, black_box(next()))));
    let made_up = plain(KEYS);
    let nobody = matches!(known.recognise(made_up.expose()), Recognised::Nobody);
    assert!(nobody, "a key that is made up is nobody's");
    criterion.bench_function("key, made up", |bench| {
        bench.iter(|| warm(&known, black_box(made_up.expose())));
    });
    criterion.bench_function("key, made up, two peppers", |bench| {
        bench.iter(|| warm(&two, black_box(made_up.expose())));
    });
    let typo = made_up.expose().replace("bursar_u_", "bursar_s_");
    criterion.bench_function("key, malformed", |bench| {
        bench.iter(|| warm(&known, black_box(&typo)));
    });
}

criterion_group!(benches, keys);
criterion_main!(benches);
