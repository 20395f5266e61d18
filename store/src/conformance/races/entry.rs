//! Whoever may enter meets whoever says so.

use ledger::{KeyStatus, MemberStatus, Period, Scope};

use super::super::fixture::{
    HOUR, NOW, key, key_id, limit, member, member_id, org_id, secret, settle_in, subject,
};
use super::super::keys::stored;
use super::ROUNDS;
use crate::{Audit, Error, Key, Member, Provision, RevokedToken, Store, Subject};

/// A member of its own number, that a token calls so.
fn newcomer(number: u128, subject: &Subject) -> Provision {
    let member = Member { subjects: vec![subject.clone()], ..member(1, number) };
    let limit = limit(number, Scope::Member(member_id(number)), Period::Month, 50);
    Provision { member, limit: Some(limit), now: NOW }
}

async fn named(store: &impl Store, subject: &Subject) -> Vec<Member> {
    let members = store.load(org_id(1)).await.expect("a load").expect("the organisation").members;
    members.into_iter().filter(|member| member.subjects.contains(subject)).collect()
}

/// Both hear of the same one, and the other is not there.
pub async fn two_first_tokens_of_one_subject_make_one_member<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    for round in 1..=ROUNDS {
        let subject = subject("corp", &format!("round {round}"));
        let [first, second] =
            [round * 2, round * 2 + 1].map(|number| newcomer(100 + number, &subject));
        let (mine, theirs) = tokio::join!(one.provision(&first), other.provision(&second));
        let (mine, theirs) = (mine.expect("a member").0, theirs.expect("a member").0);
        assert_eq!(mine, theirs, "round {round}");
        assert_eq!(named(one, &subject).await, [mine], "round {round}");
    }
    let limits = one.load(org).await.expect("a load").expect("the organisation").limits;
    assert_eq!(u128::try_from(limits.len()).ok(), Some(ROUNDS));
}

/// The subject is the token's or the admin's, and a token that comes second finds the admin's member.
pub async fn a_first_token_and_an_admin_make_one_member_of_a_subject<S: Audit>(one: &S, other: &S) {
    settle_in(one, 1).await;
    for round in 1..=ROUNDS {
        let subject = subject("corp", &format!("round {round}"));
        let first = newcomer(100 + round * 2, &subject);
        let theirs = Member { subjects: vec![subject.clone()], ..member(1, 101 + round * 2) };
        let (came, put) = tokio::join!(one.provision(&first), other.put_member(&theirs));
        let came = came.expect("a member").0;
        let expected = if put.is_ok() { theirs } else { first.member };
        assert_eq!(came, expected, "round {round}: {put:?}");
        assert!(matches!(put, Ok(_) | Err(Error::Conflict(_))), "round {round}: {put:?}");
        assert_eq!(named(one, &subject).await, [came], "round {round}");
    }
}

/// And whoever comes second is told to read it again.
pub async fn of_two_changes_of_one_version_of_a_key_one_is_made<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    for version in 1..=u64::try_from(ROUNDS).expect("few rounds") {
        let mut mine = Key { secrets: vec![secret(1)], ..key(1, 1) };
        let mut theirs = Key { secrets: vec![secret(2)], ..key(1, 1) };
        mine.standing.status = KeyStatus::Blocked;
        "Theirs".clone_into(&mut theirs.name);
        let put =
            tokio::join!(one.put_key(&mine, Some(version)), other.put_key(&theirs, Some(version)));
        let stands = match put {
            (Ok(_), Err(Error::Stale(_))) => mine,
            (Err(Error::Stale(_)), Ok(_)) => theirs,
            put => unreachable!("version {version}: {put:?}"),
        };
        assert_eq!(stored(one, org).await[0], Key { version: version + 1, ..stands });
    }
}

/// An edit does not give back the access that is removed at the same time.
pub async fn of_two_changes_of_a_member_as_it_was_read_one_is_made<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    for round in 0..ROUNDS {
        let data = one.load(org).await.expect("a load").expect("the organisation");
        let read = &data.members[0];
        let (mut removed, mut named) = (read.clone(), read.clone());
        removed.standing.status = match read.standing.status {
            MemberStatus::Active => MemberStatus::AccessRemoved,
            _ => MemberStatus::Active,
        };
        named.name = format!("Round {round}");
        let changed =
            tokio::join!(one.change_member(read, &removed), other.change_member(read, &named));
        let stands = match changed {
            (Ok(_), Err(Error::Stale(_))) => removed,
            (Err(Error::Stale(_)), Ok(_)) => named,
            changed => unreachable!("round {round}: {changed:?}"),
        };
        let data = one.load(org).await.expect("a load").expect("the organisation");
        assert_eq!(data.members[0], stands);
    }
}

/// Whoever ends the member's keys after it has ended the member ends all.
pub async fn a_key_is_made_before_its_member_is_deactivated_or_not_at_all<S: Audit>(
    one: &S,
    other: &S,
) {
    let org = settle_in(one, 1).await;
    for round in 1..=ROUNDS {
        one.put_member(&member(1, 1)).await.expect("a member");
        let mut gone = member(1, 1);
        gone.standing.status = MemberStatus::Deactivated;
        let mut new = key(1, 1);
        new.standing.id = key_id(100 + round);
        let (made, put) = tokio::join!(one.make_key(&new, &[], NOW), other.put_member(&gone));
        let ended = put.expect("a change");
        let there = stored(one, org).await.iter().any(|key| key.standing.id == new.standing.id);
        match made {
            Ok(seq) => assert!(there && seq < ended, "round {round}"),
            Err(Error::Conflict(_)) => assert!(!there, "round {round}"),
            Err(error) => unreachable!("round {round}: {error}"),
        }
    }
}

/// Whichever key has it, the other is not there.
pub async fn of_two_keys_of_one_secret_or_one_id_one_is_made<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    let made = |number: u128, hash: u128| {
        let mut key = Key { secrets: vec![secret(0)], ..key(1, 1) };
        key.standing.id = key_id(number);
        key.secrets[0].hash.0[0] = u8::try_from(hash).expect("few rounds");
        key
    };
    for round in 1..=ROUNDS {
        let number = 100 + round * 3;
        for (mine, theirs) in [
            (made(number, round * 3), made(number + 1, round * 3)),
            (made(number + 2, round * 3 + 1), made(number + 2, round * 3 + 2)),
        ] {
            let make =
                tokio::join!(one.make_key(&mine, &[], NOW), other.make_key(&theirs, &[], NOW));
            let stands = match make {
                (Ok(_), Err(Error::Conflict(_))) => mine,
                (Err(Error::Conflict(_)), Ok(_)) => theirs,
                make => unreachable!("round {round}: {make:?}"),
            };
            let keys = stored(one, org).await;
            assert_eq!(keys.last(), Some(&Key { version: 1, ..stands }), "round {round}");
        }
    }
    assert_eq!(u128::try_from(stored(one, org).await.len()).ok(), Some(2 + ROUNDS * 2));
}

/// A use is no change, and no change makes it forgotten.
pub async fn a_use_and_a_change_of_a_key_both_stay<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    let mut key = Key { secrets: vec![secret(1)], ..key(1, 1) };
    one.put_key(&key, None).await.expect("a key");
    for round in 1..=ROUNDS {
        let at = NOW.plus_micros(i64::try_from(round).expect("few rounds"));
        key.name = format!("Round {round}");
        let uses = [(secret(1).hash, at)];
        let (used, put) = tokio::join!(one.note_used(&uses), other.put_key(&key, None));
        used.expect("a note");
        put.expect("a change");
        let stored = stored(one, org).await.swap_remove(0);
        assert_eq!((stored.name, stored.secrets[0].last_used), (key.name.clone(), Some(at)));
    }
}

/// Also where a third forgets what has ended.
pub async fn of_two_revocations_of_a_token_at_once_the_later_end_counts<S: Audit>(
    one: &S,
    other: &S,
) {
    let org = settle_in(one, 1).await;
    for round in 1..=ROUNDS {
        let token = |jti: &str, hours: i64| {
            let (issuer, jti) = ("corp".to_owned(), format!("{jti} {round}"));
            RevokedToken { issuer, jti, until: NOW.plus_micros(hours * HOUR) }
        };
        one.revoke_token(org, &token("ended", 0), NOW.plus_micros(-1)).await.expect("a revocation");
        let late = token("token", 9);
        let mut ends = [token("token", 1), late.clone()];
        if round.is_multiple_of(2) {
            ends.reverse();
        }
        let (mine, theirs) = tokio::join!(
            one.revoke_token(org, &ends[0], NOW),
            other.revoke_token(org, &ends[1], NOW)
        );
        let last = mine.expect("a revocation").max(theirs.expect("a revocation"));
        let data = one.load(org).await.expect("a load").expect("the organisation");
        assert!(data.revoked_tokens.contains(&late), "round {round}: {:?}", data.revoked_tokens);
        assert_eq!(u128::try_from(data.revoked_tokens.len()).ok(), Some(round));
        assert_eq!(data.seq, last);
    }
}
