//! Who may enter, on two connections at once.

use std::sync::Arc;

use ledger::{Credits, Instant, Limit, LimitId, MemberId, Period, Scope};
use sqlx::{Connection as _, Executor as _};
use store::{Error, Key, Member, Provision, SecretHash, Store as _, Subject};
use store_postgres::PostgresStore;

use crate::office::{NOW, ORG, Office, key, member, secret, settle_in};

async fn two(office: &Office) -> [Arc<PostgresStore>; 2] {
    [Arc::new(office.store().await), Arc::new(office.store().await)]
}

/// A member with a limit of its own, whom tokens call by this name.
fn newcomer(number: u128, subject: &str) -> Provision {
    let (id, limit) = (MemberId::from_u128(number), LimitId::from_u128(number));
    let subject = Subject { issuer: "corp".to_owned(), subject: subject.to_owned() };
    let mut member = Member { subjects: vec![subject], ..member() };
    member.standing.id = id;
    let amount = Credits::from_micros(20_000_000).unwrap();
    let (scope, period) = (Scope::Member(id), Period::Month);
    let limit = Limit { id: limit, scope, tool: None, period, amount };
    Provision { member, limit: Some(limit), now: NOW }
}

fn later(seconds: i64) -> Instant {
    NOW.plus_micros(seconds * 1_000_000)
}

/// When the secrets of key 1 were used last.
async fn used(store: &PostgresStore) -> Vec<Option<Instant>> {
    let keys = store.load(ORG).await.unwrap().unwrap().keys;
    keys[0].secrets.iter().map(|secret| secret.last_used).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gateways_that_meet_a_newcomer_at_once_one_makes_the_member() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    for round in 0..20 {
        let (one, other) = (newcomer(100 + 2 * round, "ada"), newcomer(101 + 2 * round, "ada"));
        let name = format!("ada {round}");
        let named = |mut newcomer: Provision| {
            newcomer.member.subjects[0].subject.clone_from(&name);
            newcomer
        };
        let (one, other) = (named(one), named(other));
        let before = stores[0].load(ORG).await.unwrap().unwrap();
        let met = tokio::join!(stores[0].provision(&one), stores[1].provision(&other));
        let ((met, seq), (met_too, seq_too)) = (met.0.unwrap(), met.1.unwrap());
        assert_eq!(met, met_too);
        assert!([&one.member, &other.member].contains(&&met));
        let after = stores[0].load(ORG).await.unwrap().unwrap();
        assert_eq!(after.members.len(), before.members.len() + 1);
        assert_eq!(after.limits.len(), before.limits.len() + 1);
        assert_eq!((seq, seq_too), (after.seq, after.seq));
    }
}

/// By a writer that has not asked for the organisation, as an admin at the database does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tables_themselves_have_each_subject_once() {
    let office = Office::new().await;
    let store = Arc::new(office.store().await);
    settle_in(&store).await;
    let mut raw = office.raw().await;
    let mut writing = raw.begin().await.unwrap();
    writing
        .execute(
            "INSERT INTO member_subjects (shard, org_id, member_id, place, issuer, subject)
             SELECT shard, org_id, member_id, 1, 'corp', 'ada' FROM members",
        )
        .await
        .unwrap();
    let meeting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.provision(&newcomer(100, "ada")).await }
    });
    office.until_a_store_waits().await;
    writing.commit().await.unwrap();
    let refused = meeting.await.unwrap().unwrap_err();
    assert!(matches!(refused, Error::Conflict(_)), "{refused}");
    // Whom it is by then.
    let (known, _) = store.provision(&newcomer(100, "ada")).await.unwrap();
    assert_eq!(known.standing.id, member().standing.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_of_one_version_of_a_key_one_comes_too_late() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    stores[0].make_key(&key(1), &[], NOW).await.unwrap();
    for version in 1..=20 {
        let changed = |by: &str| Key { name: format!("{by} {version}"), ..key(1) };
        let (one, other) = (changed("one"), changed("other"));
        let (first, second) = tokio::join!(
            stores[0].put_key(&one, Some(version)),
            stores[1].put_key(&other, Some(version))
        );
        let (name, late) = match (first, second) {
            (Ok(_), Err(late)) => (one.name, late),
            (Err(late), Ok(_)) => (other.name, late),
            both => panic!("{both:?}"),
        };
        assert!(matches!(late, Error::Stale(_)), "{late}");
        let stored = &stores[0].load(ORG).await.unwrap().unwrap().keys[0];
        assert_eq!((&stored.name, stored.version), (&name, version + 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_make_one_key_at_once_one_does() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    for number in 1..=20 {
        let key = key(number);
        let made =
            tokio::join!(stores[0].make_key(&key, &[], NOW), stores[1].make_key(&key, &[], NOW));
        let refused = match made {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            both => panic!("{both:?}"),
        };
        assert!(matches!(refused, Error::Conflict(_)), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_that_tell_of_the_same_secrets_the_other_way_round_do_not_wait_for_ever() {
    let office = Office::new().await;
    let stores = two(&office).await;
    settle_in(&stores[0]).await;
    let opened = Key { secrets: vec![secret(1), secret(2)], ..key(1) };
    stores[0].put_key(&opened, None).await.unwrap();
    let [one, two] = [secret(1).hash, secret(2).hash];
    stores[0].note_used(&[(one, NOW), (two, NOW)]).await.unwrap();
    for round in 1..=5 {
        let early = [(one, later(10 * round)), (two, later(10 * round + 2))];
        let late = [(two, later(10 * round + 1)), (one, later(10 * round + 3))];
        // Both wait for the same one before they have the other.
        let mut raw = office.raw().await;
        let mut holder = raw.begin().await.unwrap();
        holder
            .execute("SELECT FROM key_uses ORDER BY secret_hash LIMIT 1 FOR UPDATE")
            .await
            .unwrap();
        let note = |store: &Arc<PostgresStore>, used: [(SecretHash, Instant); 2]| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.note_used(&used).await })
        };
        let notes = [note(&stores[0], early), note(&stores[1], late)];
        office.until_stores_wait(2).await;
        holder.rollback().await.unwrap();
        for noted in notes {
            noted.await.unwrap().unwrap();
        }
        let last = [Some(later(10 * round + 3)), Some(later(10 * round + 2))];
        assert_eq!(used(&stores[0]).await, last);
    }
}

/// Whoever rotates a key must not fail what gateways have to tell of all others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_goes_meanwhile_takes_no_other_ones_use_along() {
    let office = Office::new().await;
    let store = Arc::new(office.store().await);
    settle_in(&store).await;
    for was_used in [false, true] {
        let opened = Key { secrets: vec![secret(1), secret(2)], ..key(1) };
        store.put_key(&opened, None).await.unwrap();
        let told = if was_used { later(2) } else { later(1) };
        if was_used {
            store.note_used(&[(secret(1).hash, NOW)]).await.unwrap();
        }
        let mut raw = office.raw().await;
        let mut rotating = raw.begin().await.unwrap();
        rotating
            .execute("DELETE FROM key_secrets WHERE secret_hash = decode(repeat('01', 32), 'hex')")
            .await
            .unwrap();
        let noting = tokio::spawn({
            let store = Arc::clone(&store);
            let used = [(secret(1).hash, told), (secret(2).hash, told)];
            async move { store.note_used(&used).await }
        });
        office.until_a_store_waits().await;
        rotating.commit().await.unwrap();
        noting.await.unwrap().unwrap();
        assert_eq!(used(&store).await, [Some(told)]);
    }
}

/// Nobody's rotation waits for what is told of a secret that stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_changed_while_its_uses_are_noted() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    let opened = Key { secrets: vec![secret(1)], ..key(1) };
    store.put_key(&opened, None).await.unwrap();
    let mut raw = office.raw().await;
    let mut noting = raw.begin().await.unwrap();
    noting.execute("SELECT FROM key_secrets FOR KEY SHARE").await.unwrap();
    let rotated = Key { secrets: vec![secret(2), secret(1)], ..key(1) };
    store.put_key(&rotated, Some(1)).await.unwrap();
    noting.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_secrets_and_a_batch_of_uses_are_one_statement_each() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    let opened = Key { secrets: vec![secret(1), secret(2)], ..key(1) };
    store.put_key(&opened, None).await.unwrap();
    let before = store.statements();
    store.note_used(&[]).await.unwrap();
    assert_eq!(store.statements(), before);
    let of = |n: i64| SecretHash([u8::try_from(n % 256).unwrap(); 32]);
    let many: Vec<_> = (0..1_000).map(|n| (of(n), later(n))).collect();
    store.note_used(&many).await.unwrap();
    assert_eq!(store.statements(), before + 1);
    assert_eq!(store.secret_hashes(None, 1_000).await.unwrap().len(), 2);
    assert_eq!(store.statements(), before + 2);
    assert_eq!(used(&store).await, [Some(later(769)), Some(later(770))]);
}

/// An index holds no more than some thousand bytes of a row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_too_long_are_refused_and_ids_of_tokens_are_not() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    // Without a pattern that would let it be compressed.
    let mut state = 1_u64;
    let long: String = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + u8::try_from(state % 90).unwrap())
    })
    .take(8_000)
    .collect();
    let refused = store.provision(&newcomer(100, &long)).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict(_)), "{refused}");
    let token = store::RevokedToken { issuer: long.clone(), jti: long, until: later(60) };
    store.revoke_token(ORG, &token, NOW).await.unwrap();
    assert_eq!(store.load(ORG).await.unwrap().unwrap().revoked_tokens, [token]);
}
