//! What opens a key, and when it did last.

use ledger::KeyStatus;

use super::fixture::{HOUR, NOW, all_of, key, key_id, secret, settle_in};
use super::keys::stored;
use super::refused;
use crate::{Audit, ChangeSeq, Changed, Error, Key, KeyIdentity};

/// In the order in which they were put; one that is gone is free for another key.
pub async fn a_key_has_the_secrets_that_it_was_put_with<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let with = |numbers: &[u8]| {
        let secrets = numbers.iter().map(|number| secret(*number)).collect();
        Key { secrets, ..key(1, 1) }
    };
    for (version, numbers) in (2..).zip([&[2, 9][..], &[9, 2], &[1, 9], &[], &[9]]) {
        let seq = store.put_key(&with(numbers), None).await.expect("secrets");
        let put = Key { version, ..with(numbers) };
        assert_eq!(stored(store, org).await[0], put);
        let told = store.changes_since(ChangeSeq(seq.0 - 1), 9).await.expect("the feed");
        assert_eq!(told[0].what, Changed::Key(put));
        for number in [1, 2, 9] {
            let opens = numbers.contains(&number).then_some(KeyIdentity { org, key: key_id(1) });
            let found = store.identity(&secret(number).hash).await.expect("a look-up");
            assert_eq!(found, opens, "{number} of {numbers:?}");
        }
    }
    let before = all_of(store, org).await;
    for numbers in [&[1, 1][..], &[9, 9], &[1, 2, 9]] {
        refused!(store.put_key(&with(numbers), None).await, Error::Conflict(_));
    }
    let other = Key { secrets: vec![secret(1), secret(9)], ..key(1, 11) };
    refused!(store.put_key(&other, None).await, Error::Conflict(_));
    assert_eq!(all_of(store, org).await, before);
    let other = Key { secrets: vec![secret(1), secret(2)], ..key(1, 11) };
    store.put_key(&other, None).await.expect("free secrets");
}

/// It only grows, whoever tells it in which order, and nobody hears of it.
pub async fn the_last_use_of_a_secret_is_no_change_of_its_key<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut key = Key { secrets: vec![secret(1), secret(2)], ..key(1, 1) };
    // What somebody believes of its last use is not stored.
    key.secrets[1].last_used = Some(NOW);
    store.put_key(&key, None).await.expect("a key");
    let used = async || {
        let keys = stored(store, org).await;
        let told = store.changes_since(ChangeSeq(0), 99).await.expect("the feed");
        assert_eq!(told.last().map(|change| &change.what), Some(&Changed::Key(keys[0].clone())));
        keys[0].secrets.iter().map(|secret| secret.last_used).collect::<Vec<_>>()
    };
    let (one, two) = (secret(1).hash, secret(2).hash);
    let [early, late] = [NOW, NOW.plus_micros(HOUR)];
    let before = store.stamp().await.expect("a stamp");
    assert_eq!(used().await, [None, None]);
    for (told, expected) in [
        (vec![], [None, None]),
        (vec![(one, early), (secret(9).hash, late)], [Some(early), None]),
        (vec![(one, late), (two, early), (one, early)], [Some(late), Some(early)]),
        (vec![(two, late), (one, early)], [Some(late), Some(late)]),
    ] {
        store.note_used(&told).await.expect("a note");
        assert_eq!(used().await, expected);
    }
    assert_eq!(store.stamp().await.expect("a stamp"), before);
    assert_eq!(stored(store, org).await[0].version, 2);

    key.secrets = vec![secret(3), secret(1)];
    store.put_key(&key, Some(2)).await.expect("a use is no change");
    assert_eq!(used().await, [None, Some(late)]);
    key.secrets = vec![secret(2), secret(1)];
    store.put_key(&key, None).await.expect("a secret that had gone");
    assert_eq!(used().await, [None, Some(late)]);
}

/// Who has read all pages need not ask about any other secret.
pub async fn the_secrets_of_keys_that_are_not_revoked_are_told_a_page_at_a_time<S: Audit>(
    store: &S,
) {
    for number in [1, 3] {
        settle_in(store, number).await;
    }
    let hashes = async |after: Option<u8>, max| {
        let after = after.map(|number| secret(number).hash);
        let page = store.secret_hashes(after, max).await.expect("a page");
        page.iter().map(|hash| hash.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(hashes(None, 9).await, [0; 0]);
    let put = async |mut key: Key, status, secrets: &[u8]| {
        key.standing.status = status;
        key.standing.expires = NOW;
        key.secrets = secrets.iter().map(|number| secret(*number)).collect();
        store.put_key(&key, None).await.expect("a key");
    };
    put(key(1, 1), KeyStatus::Active, &[200, 1]).await;
    put(key(1, 11), KeyStatus::Revoked, &[2, 255]).await;
    put(key(3, 3), KeyStatus::Blocked, &[90]).await;
    put(key(3, 31), KeyStatus::Active, &[127, 128]).await;
    assert_eq!(hashes(None, usize::MAX).await, [1, 90, 127, 128, 200]);
    assert_eq!(hashes(None, 2).await, [1, 90]);
    assert_eq!(hashes(Some(90), 2).await, [127, 128]);
    // Of one that is not there, too.
    assert_eq!(hashes(Some(129), 2).await, [200]);
    assert_eq!(hashes(Some(200), 2).await, [0; 0]);
    assert_eq!(hashes(None, 0).await, [0; 0]);
    put(key(1, 1), KeyStatus::Revoked, &[200, 1]).await;
    put(key(3, 3), KeyStatus::Active, &[3]).await;
    assert_eq!(hashes(None, 9).await, [3, 127, 128]);
}
