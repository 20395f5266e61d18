//! Many come with one key at once, and keys do not pile up.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::sync::Arc;

use ledger::{
    Cause, Charge, Credits, Ending, Epoch, HoldId, Instant, MemberId, NodeId, OrgId, Surface, Tool,
    Usage,
};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use store::{
    ClaimAnswer, IDEMPOTENCY_KEPT_MICROS, IdempotencyClaim, Registration, Store, SyncRequest,
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::task::JoinSet;

const NOW: Instant = Instant::from_seconds(1_795_426_200);
const ORG: OrgId = OrgId::from_u128(1);
const MEMBER: MemberId = MemberId::from_u128(2);

async fn empty() -> (Arc<SqliteStore>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("bursar.db")).await.unwrap();
    let registration =
        Registration { node: NodeId(1), journal: 1, last_lsn: 0, now: NOW, control: None };
    assert_eq!(store.register(&registration).await.unwrap().epoch, Epoch(1));
    (Arc::new(store), folder)
}

fn hold(n: u64) -> HoldId {
    HoldId { node: NodeId(1), epoch: Epoch(1), n }
}

fn claim(key: &str, n: u64) -> IdempotencyClaim {
    let (key, hold) = (key.to_owned(), hold(n));
    IdempotencyClaim { org: ORG, member: MEMBER, key, fingerprint: [1; 32], hold, now: NOW }
}

/// The call that reports that a keyed request cost nothing.
fn end(n: u64, ending: Ending) -> SyncRequest {
    let charge = Charge {
        hold: hold(n),
        org: ORG,
        member: MEMBER,
        key: None,
        group: None,
        project: None,
        surface: Surface::Api,
        tool: Tool::new("chatbot"),
        provider: Arc::from("openai"),
        model: Arc::from("mock-chat"),
        admitted: NOW,
        ended: NOW,
        ending,
        usage: Usage::default(),
        outputs: 0,
        held: Credits::ZERO,
        charged: Credits::ZERO,
        overrun: Credits::ZERO,
        lines: Default::default(),
        price_book: Arc::from("2026-11"),
        body_hash: [7; 32],
        status: 200,
    };
    SyncRequest {
        node: NodeId(1),
        epoch: Epoch(1),
        shard: ORG.shard(),
        seq: n,
        lsn: n,
        now: NOW,
        report: Vec::new(),
        give_back: Vec::new(),
        regranted: Vec::new(),
        ask: Vec::new(),
        refill: Vec::new(),
        keyed: vec![charge.hold],
        events: vec![charge],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_gets_the_key_and_all_others_hear_of_it() {
    let (store, _folder) = empty().await;
    for key in ["a", "b", "c", "d"] {
        let mut claims = JoinSet::new();
        for n in 1..=20 {
            let store = Arc::clone(&store);
            claims
                .spawn(async move { (n, store.claim_idempotency(&claim(key, n)).await.unwrap()) });
        }
        let answers = claims.join_all().await;
        let claimed = answers.iter().filter(|(_, answer)| *answer == ClaimAnswer::Claimed);
        let claimed: Vec<_> = claimed.map(|(n, _)| *n).collect();
        let [first] = claimed[..] else { panic!("{claimed:?} have the key") };
        let running = ClaimAnswer::Running { hold: hold(first) };
        assert!(answers.iter().all(|(n, answer)| *n == first || *answer == running));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_meets_the_ending_sync_is_told_what_was_true_before_or_after() {
    let (store, _folder) = empty().await;
    let nothing = Ending::Released(Cause::ProviderError);
    for n in 1..=40 {
        let (key, ending) =
            (format!("key {n}"), if n % 2 == 0 { Ending::Settled } else { nothing });
        let first = store.claim_idempotency(&claim(&key, n)).await.unwrap();
        assert_eq!(first, ClaimAnswer::Claimed);
        let syncing = Arc::clone(&store);
        let sync = tokio::spawn(async move { syncing.sync(&end(n, ending)).await.unwrap() });
        let second = claim(&key, 1_000 + n);
        let answer = store.claim_idempotency(&second).await.unwrap();
        sync.await.unwrap();
        let after = if ending == nothing {
            ClaimAnswer::Claimed
        } else {
            ClaimAnswer::Finished { hold: hold(n), status: 200, charged: Credits::ZERO }
        };
        assert!([ClaimAnswer::Running { hold: hold(n) }, after].contains(&answer), "{answer:?}");
        // And from then on it is the truth after it.
        assert_eq!(store.claim_idempotency(&second).await.unwrap(), after);
    }
}

#[tokio::test]
async fn an_abandoned_claim_can_be_given_back_however_far_it_was() {
    let (store, _folder) = empty().await;
    for polls in 0..20 {
        let (first, second) = (claim("k", 2 * polls), claim("k", 2 * polls + 1));
        let mut claiming = store.claim_idempotency(&first);
        for _ in 0..polls {
            let ready = std::future::poll_fn(|context| {
                std::task::Poll::Ready(claiming.as_mut().poll(context).is_ready())
            });
            if ready.await {
                break;
            }
            // Lets the writer's thread get somewhere.
            store.stamp().await.unwrap();
        }
        drop(claiming);
        store.unclaim_idempotency(ORG, &[first.hold]).await.unwrap();
        assert_eq!(store.claim_idempotency(&second).await.unwrap(), ClaimAnswer::Claimed);
        store.unclaim_idempotency(ORG, &[second.hold]).await.unwrap();
    }
}

#[tokio::test]
async fn keys_whose_time_is_over_are_swept_by_later_claims() {
    let (store, folder) = empty().await;
    for n in 1..=40 {
        let key = format!("key {n}");
        store.claim_idempotency(&claim(&key, n)).await.unwrap();
    }
    let path = folder.path().join("bursar.db");
    let mut raw = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let mut rows = async || -> i64 {
        let rows = sqlx::query_scalar("SELECT count(*) FROM idempotency_keys");
        rows.fetch_one(&mut raw).await.unwrap()
    };
    // One that is over and not swept yet is nobody's.
    for key in ["key 40", "late", "later"] {
        let now = NOW.plus_micros(IDEMPOTENCY_KEPT_MICROS);
        let claim = IdempotencyClaim { now, ..claim(key, 100) };
        let before = rows().await;
        assert_eq!(store.claim_idempotency(&claim).await.unwrap(), ClaimAnswer::Claimed);
        assert!(rows().await < before);
    }
    assert_eq!(rows().await, 3);
}

#[tokio::test]
async fn keys_survive_a_restart() {
    let (store, folder) = empty().await;
    store.claim_idempotency(&claim("a", 1)).await.unwrap();
    store.sync(&end(1, Ending::Settled)).await.unwrap();
    store.claim_idempotency(&claim("b", 2)).await.unwrap();
    Arc::into_inner(store).unwrap().close().await;
    let store = SqliteStore::open(&folder.path().join("bursar.db")).await.unwrap();
    let finished = ClaimAnswer::Finished { hold: hold(1), status: 200, charged: Credits::ZERO };
    assert_eq!(store.claim_idempotency(&claim("a", 9)).await.unwrap(), finished);
    let running = ClaimAnswer::Running { hold: hold(2) };
    assert_eq!(store.claim_idempotency(&claim("b", 9)).await.unwrap(), running);
}
