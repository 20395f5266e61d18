//! Tables that hold what the version before wrote, and goes on writing.

use ledger::{Instant, KeyId, KeyStatus};
use sqlx::migrate::Migrator;
use store::{
    ChangeSeq, Changed, Error, Key, KeySecret, Rates, RevokedToken, SecretHash, Store as _,
};
use store_postgres::PostgresStore;

use crate::office::{NOW, ORG, Office, key, member, org, secret, settle_in};

/// The tables as the first so many migrations leave them.
async fn of_version(last: i64) -> Office {
    let office = Office::bare();
    let all = sqlx::migrate!("../../migrations/postgres");
    let first = all.iter().filter(|it| it.version <= last).cloned().collect();
    Migrator::with_migrations(first).run(&mut office.raw().await).await.unwrap();
    office
}

const ORGANISATION: &str = "INSERT INTO orgs (shard, org_id, name, plan, plan_allocation, price_minor,
         price_currency, time_zone, anchor_day, contact, created_at)
     VALUES ($shard, '00000000-0000-0000-0000-000000000001', 'Org', 'Studio', 0, 4900, 'EUR', 'UTC', 1,
         'owner@example.test', $now);
     INSERT INTO members (shard, org_id, member_id, name, service_account, role, status)
     VALUES ($shard, '00000000-0000-0000-0000-000000000001',
         '00000000-0000-0000-0000-000000000002', 'Member', false, 'member', 'active')";
const PUT_KEY: &str = "INSERT INTO keys (shard, org_id, key_id, member_id, name, hint, surface, status,
         created_at, expires_at)
     VALUES ($shard, '00000000-0000-0000-0000-000000000001', $key,
         '00000000-0000-0000-0000-000000000002', $name, 'bursar_u_', 'api', $status, $now,
         9223372036854775807)
     ON CONFLICT (shard, org_id, key_id) DO UPDATE SET name = excluded.name, status = excluded.status
     WHERE keys.status <> 'revoked' OR excluded.status = 'revoked'";
const ADD_SECRET: &str =
    "INSERT INTO key_secrets (secret_hash, shard, org_id, key_id, pepper, not_after)
     VALUES (decode(repeat($secret, 32), 'hex'), $shard, '00000000-0000-0000-0000-000000000001', $key, 1,
         $not_after)
     ON CONFLICT (secret_hash) DO UPDATE SET pepper = excluded.pepper, not_after = excluded.not_after";

/// A gateway of the version before, by what it writes.
struct Before<'a>(&'a Office);

impl Before<'_> {
    fn run(&self, sql: &str, values: &[(&str, String)]) {
        let mut sql = sql
            .replace("$shard", &ORG.shard().number().to_string())
            .replace("$now", &NOW.micros().to_string());
        for (name, value) in values {
            sql = sql.replace(name, value);
        }
        self.0.database.run(&sql).unwrap();
    }

    fn put_key(&self, number: u128, status: &str) {
        let id = format!("'{:032x}'", number);
        let name = format!("'Key {number}'");
        self.run(PUT_KEY, &[("$key", id), ("$name", name), ("$status", format!("'{status}'"))]);
    }

    fn add_secret(&self, number: u128, secret: u8, not_after: Instant) {
        let id = format!("'{:032x}'", number);
        let not_after = not_after.micros().to_string();
        let secret = format!("'{secret:02x}'");
        self.run(ADD_SECRET, &[("$key", id), ("$secret", secret), ("$not_after", not_after)]);
    }
}

/// As it is read of what the version before wrote.
fn secret_of_before(number: u8, not_after: Instant) -> KeySecret {
    KeySecret { hint: "bursar_u_".to_owned(), not_after, ..secret(number) }
}

async fn hashes(store: &PostgresStore) -> Vec<u8> {
    let hashes = store.secret_hashes(None, 100).await.unwrap();
    hashes.iter().map(|SecretHash(bytes)| bytes[0]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_version_before_wrote_is_read_as_it_was_meant() {
    let office = of_version(6).await;
    let before = Before(&office);
    before.run(ORGANISATION, &[]);
    for (number, status) in [(1, "active"), (2, "revoked"), (3, "blocked")] {
        before.put_key(number, status);
    }
    let soon = NOW.plus_micros(1);
    before.add_secret(1, 7, soon);
    before.add_secret(1, 9, Instant::MAX);
    before.add_secret(2, 1, Instant::MAX);

    PostgresStore::migrate(&office.options).await.unwrap();
    let store = office.store().await;
    let data = store.load(ORG).await.unwrap().unwrap();
    assert_eq!((data.org, &data.members[..]), (org(), &[member()][..]));
    assert_eq!(data.revoked_tokens, []);
    let of = |number, status, secrets| {
        let mut key = Key { secrets, version: 1, ..key(number) };
        key.standing.status = status;
        key
    };
    // The one that opens it longest is the newest.
    let secrets = vec![secret_of_before(9, Instant::MAX), secret_of_before(7, soon)];
    let keys = [
        of(1, KeyStatus::Active, secrets),
        of(2, KeyStatus::Revoked, vec![secret_of_before(1, Instant::MAX)]),
        of(3, KeyStatus::Blocked, vec![]),
    ];
    assert_eq!(data.keys, keys);
    assert_eq!(hashes(&store).await, [7, 9]);
    assert!(store::Audit::reconcile(&store).await.unwrap().holds());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_version_before_goes_on_writing_is_seen() {
    let office = Office::new().await;
    let (store, before) = (office.store().await, Before(&office));
    settle_in(&store).await;
    before.put_key(1, "active");
    before.add_secret(1, 7, Instant::MAX);
    let rates = Rates { per_second: std::num::NonZeroU32::new(5), ..Rates::default() };
    let known = Key { secrets: vec![secret_of_before(7, Instant::MAX)], version: 1, ..key(1) };
    assert_eq!(store.load(ORG).await.unwrap().unwrap().keys, [known]);
    let restricted = Key { rates, secrets: vec![secret(9), secret(7)], ..key(1) };
    store.put_key(&restricted, Some(1)).await.unwrap();

    // What it does not know it leaves alone, and who had read the key is told to read it again.
    before.put_key(1, "blocked");
    let late = store.put_key(&restricted, Some(2)).await.unwrap_err();
    assert!(matches!(late, Error::Stale(_)), "{late}");
    let mut blocked = Key { version: 3, ..restricted };
    blocked.standing.status = KeyStatus::Blocked;
    assert_eq!(store.load(ORG).await.unwrap().unwrap().keys, [blocked]);

    assert_eq!(hashes(&store).await, [7, 9]);
    before.put_key(1, "revoked");
    before.add_secret(1, 8, Instant::MAX);
    assert_eq!(hashes(&store).await, [0; 0]);
}

/// It would stop at a change that it does not know, and hear of no other any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_version_before_finds_only_what_it_knows_in_the_feed() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    let token = |jti: &str| RevokedToken {
        issuer: "corp".to_owned(),
        jti: jti.to_owned(),
        until: NOW.plus_micros(60_000_000),
    };
    let first = store.revoke_token(ORG, &token("a"), NOW).await.unwrap();
    store.put_key(&key(1), None).await.unwrap();
    let last = store.revoke_token(ORG, &token("b"), NOW).await.unwrap();
    let strange = "SELECT count(*) FROM changes WHERE entity NOT IN
         ('org', 'group', 'project', 'member', 'key', 'grant', 'limit', 'refund')";
    assert_eq!(office.database.run(strange).unwrap(), "0");
    let told = store.changes_since(ChangeSeq(first.0 - 1), 10).await.unwrap();
    let seqs: Vec<_> = told.iter().map(|change| change.seq.0).collect();
    assert_eq!(seqs, [first.0, first.0 + 1, last.0]);
    let [a, Changed::Key(made), b] = [0, 1, 2].map(|place: usize| told[place].what.clone()) else {
        panic!("{told:?}")
    };
    assert_eq!(made.standing.id, KeyId::from_u128(1));
    assert_eq!([a, b], ["a", "b"].map(|jti| Changed::TokenRevoked(token(jti))));
    let page = store.changes_since(ChangeSeq(first.0 - 1), 2).await.unwrap();
    assert_eq!(page, told[..2]);
}
