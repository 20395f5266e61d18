//! Two connections at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::{Epoch, Instant, NodeId};
use sqlx::{Connection as _, Executor as _};
use store::{
    ChangeSeq, Changed, ClaimAnswer, Error, IDEMPOTENCY_KEPT_MICROS, IdempotencyClaim, Key,
    Project, ProjectStatus, Store as _,
};
use store_postgres::PostgresStore;
use tokio::task::JoinSet;

use crate::office::{NOW, ORG, Office, claim, hold, key, registration, secret, settle_in};

async fn two(office: &Office) -> [Arc<PostgresStore>; 2] {
    [Arc::new(office.store().await), Arc::new(office.store().await)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_keys_that_take_one_secret_at_once_it_opens_one() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    for number in 1..=20 {
        let put = |at: u8| {
            let (store, key) =
                (Arc::clone(&stores[usize::from(at)]), key(u128::from(2 * number + at)));
            async move {
                let key = Key { secrets: vec![secret(number)], ..key };
                store.put_key(&key, None).await
            }
        };
        let (one, other) = tokio::join!(put(0), put(1));
        let refused = match (one, other) {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            both => panic!("{both:?}"),
        };
        assert!(matches!(refused, Error::Conflict(_)), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_once_are_numbered_without_a_hole_and_read_in_the_order_they_came() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    let first = stores[0].stamp().await.unwrap().seq.0;
    let mut changes = JoinSet::new();
    for number in 0..40_u128 {
        let store = Arc::clone(&stores[usize::from(number % 2 == 1)]);
        changes.spawn(async move { store.put_key(&key(100 + number), None).await.unwrap() });
    }
    // Whoever reads meanwhile misses nothing by going on from what was read last.
    let (mut seen, mut last) = (BTreeSet::new(), ChangeSeq(first));
    while seen.len() < 40 {
        for change in stores[0].changes_since(last, 7).await.unwrap() {
            let Changed::Key(key) = change.what else { panic!("{change:?}") };
            assert!(change.seq > last && seen.insert(key.standing.id));
            last = change.seq;
        }
    }
    let numbers: BTreeSet<_> = changes.join_all().await.into_iter().map(|seq| seq.0).collect();
    assert_eq!(numbers, (first + 1..=first + 40).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projects_that_exchange_their_names_do_not_wait_for_each_other_for_ever() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    let project = |id: u128, slug: &str| Project {
        id: ledger::ProjectId::from_u128(id),
        org: ORG,
        slug: slug.to_owned(),
        client: String::new(),
        status: ProjectStatus::Active,
        members: None,
    };
    for (id, slug) in [(1, "a"), (2, "b")] {
        stores[0].put_project(&project(id, slug)).await.unwrap();
    }
    for _ in 0..10 {
        let (one, other) = (project(1, "b"), project(2, "a"));
        let (one, other) = tokio::join!(stores[0].put_project(&one), stores[1].put_project(&other));
        for refused in [one, other] {
            assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_of_one_gateway_at_once_are_different_starts() {
    let office = Office::new().await;
    let stores = two(&office).await;
    let mut starts = JoinSet::new();
    for n in 0..20 {
        let store = Arc::clone(&stores[n % 2]);
        starts.spawn(async move { store.register(&registration(1)).await.unwrap().epoch });
    }
    let epochs: BTreeSet<_> = starts.join_all().await.into_iter().collect();
    assert_eq!(epochs, (1..=20).map(Epoch).collect());
    // Only the last of them is heard.
    for epoch in 1..20 {
        let fenced = stores[0].recovered(NodeId(1), Epoch(epoch)).await;
        assert!(matches!(fenced, Err(Error::Fenced { current: Epoch(20) })), "{fenced:?}");
    }
}

/// A sync of the earlier start that has found itself the last one must be done when the next begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_what_is_on_its_way_of_the_earlier_one() {
    let office = Office::new().await;
    let store = Arc::new(office.store().await);
    store.register(&registration(1)).await.unwrap();
    let mut earlier = office.raw().await;
    let mut sync = earlier.begin().await.unwrap();
    sync.execute("SELECT epoch FROM nodes WHERE node = 1 FOR KEY SHARE").await.unwrap();
    let starting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.register(&registration(1)).await.unwrap() }
    });
    office.until_a_store_waits().await;
    let applied = "INSERT INTO applied (shard, node, journal, seq, lsn, fingerprint, answer)
         VALUES (3, 1, '00000000-0000-0000-0000-000000000001', 1, 0, decode(repeat('00', 32), 'hex'), '')";
    sync.execute(applied).await.unwrap();
    sync.commit().await.unwrap();
    let registered = starting.await.unwrap();
    assert_eq!((registered.epoch, registered.applied.len()), (Epoch(2), 1));
}

/// Neither does a sign of life wait for a gateway's syncs, nor they for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_does_not_wait_for_a_sync() {
    let office = Office::new().await;
    let store = office.store().await;
    let epoch = store.register(&registration(1)).await.unwrap().epoch;
    let mut raw = office.raw().await;
    let mut sync = raw.begin().await.unwrap();
    sync.execute("SELECT epoch FROM nodes WHERE node = 1 FOR KEY SHARE").await.unwrap();
    let beat = store::Heartbeat { node: NodeId(1), epoch, incarnation: 1, now: NOW };
    assert_eq!(store.heartbeat(&beat).await.unwrap().live, 1);
    sync.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_gets_the_key_and_all_others_hear_of_it() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    stores[0].register(&registration(1)).await.unwrap();
    for key in ["a", "b", "c", "d"] {
        let mut claims = JoinSet::new();
        for n in 1..=20 {
            let store = Arc::clone(&stores[usize::from(n % 2 == 1)]);
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
async fn an_abandoned_claim_can_be_given_back_however_far_it_was() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    store.register(&registration(1)).await.unwrap();
    for polls in 0..20 {
        let (first, second) = (claim("k", 2 * polls + 1), claim("k", 2 * polls + 2));
        let mut claiming = store.claim_idempotency(&first);
        for _ in 0..polls {
            let ready = std::future::poll_fn(|context| {
                std::task::Poll::Ready(claiming.as_mut().poll(context).is_ready())
            });
            if ready.await {
                break;
            }
            // Lets the connection get somewhere.
            tokio::task::yield_now().await;
        }
        drop(claiming);
        store.unclaim_idempotency(ORG, &[first.hold]).await.unwrap();
        assert_eq!(store.claim_idempotency(&second).await.unwrap(), ClaimAnswer::Claimed);
        store.unclaim_idempotency(ORG, &[second.hold]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_whose_time_is_over_are_swept_by_later_claims() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    store.register(&registration(1)).await.unwrap();
    for n in 1..=40 {
        store.claim_idempotency(&claim(&format!("key {n}"), n)).await.unwrap();
    }
    let rows = || office.database.run("SELECT count(*) FROM idempotency_keys").unwrap();
    assert_eq!(rows(), "40");
    let later = |key, n| {
        let now: Instant = NOW.plus_micros(IDEMPOTENCY_KEPT_MICROS);
        IdempotencyClaim { now, ..claim(key, n) }
    };
    // One that is over and not swept yet is nobody's.
    let taken = store.claim_idempotency(&later("key 40", 101)).await.unwrap();
    assert_eq!((taken, rows()), (ClaimAnswer::Claimed, "40".to_owned()));
    store.claim_idempotency(&later("late", 104)).await.unwrap();
    assert_eq!(rows(), "2");
}
