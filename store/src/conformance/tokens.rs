//! Members as tokens name them, and tokens that are none any more.

use ledger::{CountsFrom, Instant, MemberStatus, Period, Scope};

use super::fixture::{
    HOUR, NOW, all_of, group_id, limit, member, member_id, org_id, settle_in, subject,
};
use super::refused;
use crate::{Audit, ChangeSeq, Changed, Error, Member, Provision, RevokedToken, Subject};

/// One that a token names, with a limit of its own.
fn newcomer(org: u128, number: u128, subjects: &[Subject]) -> Provision {
    let member = Member { subjects: subjects.to_vec(), ..member(org, number) };
    let limit = limit(number, Scope::Member(member.standing.id), Period::Month, 50);
    Provision { member, limit: Some(limit), now: NOW }
}

/// Later tokens find it, whatever else they say.
pub async fn a_member_comes_with_its_first_token_once<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let (ada, also_ada) = (subject("corp", "ada"), subject("idp", "7"));
    let first = newcomer(1, 5, &[ada.clone(), also_ada.clone()]);
    let before = store.stamp().await.expect("a stamp").seq;
    let (made, seq) = store.provision(&first).await.expect("a member");
    assert_eq!((&made, seq), (&first.member, ChangeSeq(before.0 + 3)));
    let told = store.changes_since(before, 9).await.expect("the feed");
    let told: Vec<_> = told.into_iter().map(|change| change.what).collect();
    let limit = first.limit.clone().expect("it has a limit");
    assert_eq!(told, [Changed::Limit(limit), Changed::Member(made.clone())]);

    let after = all_of(store, org).await;
    let mut strange = newcomer(1, 6, &[subject("corp", "eve"), also_ada]);
    strange.member.standing.home = Some(group_id(3));
    for again in [first, newcomer(1, 6, &[ada]), strange] {
        let (met, met_at) = store.provision(&again).await.expect("the same member");
        assert_eq!((met, met_at), (made.clone(), seq));
    }
    assert_eq!(all_of(store, org).await, after);
    // The same names by other issuers are somebody else.
    let others = [subject("acme", "ada"), subject("corp", "7")];
    let other = Provision { limit: None, ..newcomer(1, 6, &others) };
    let (other, seq) = store.provision(&other).await.expect("another member");
    assert_eq!((other.standing.id, seq), (member_id(6), ChangeSeq(before.0 + 4)));
}

/// No token lets anybody in again.
pub async fn a_member_that_a_token_names_is_answered_whatever_its_status<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    for status in [MemberStatus::Deactivated, MemberStatus::AccessRemoved, MemberStatus::Active] {
        let ada = subject("corp", "ada");
        let mut known = Member { subjects: vec![ada.clone()], ..member(1, 1) };
        known.standing.status = status;
        store.put_member(&known).await.expect("a member");
        let before = all_of(store, org).await;
        let (met, _) = store.provision(&newcomer(1, 5, &[ada])).await.expect("the member");
        assert_eq!(met, known);
        assert_eq!(all_of(store, org).await, before);
    }
}

/// What would be refused to an admin is refused to a token.
pub async fn a_newcomer_that_does_not_fit_leaves_nothing<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    settle_in(store, 3).await;
    let ada = subject("corp", "ada");
    let mut gone = member(1, 1);
    gone.standing.status = MemberStatus::Deactivated;
    store.put_member(&gone).await.expect("a member without a subject");
    let theirs = limit(9, Scope::Member(member_id(11)), Period::Month, 5);
    store.put_limit(org, &theirs, CountsFrom::Now, NOW).await.expect("a limit");
    let before = all_of(store, org).await;
    let fitting = newcomer(1, 5, std::slice::from_ref(&ada));
    let mut wrong = vec![fitting.clone(); 5];
    wrong[0].member.org = org_id(2);
    wrong[1].member.standing.groups = vec![group_id(3)];
    wrong[2].member.subjects.push(ada);
    wrong[3].limit = Some(limit(5, Scope::Member(member_id(3)), Period::Month, 5));
    wrong[4].limit = Some(limit(5, theirs.scope, theirs.period, 5));
    // It is there, and tokens call it nothing.
    wrong.push(newcomer(1, 1, &fitting.member.subjects));
    for newcomer in wrong {
        refused!(store.provision(&newcomer).await, Error::Conflict(_));
        assert_eq!(all_of(store, org).await, before);
    }
    store.provision(&fitting).await.expect("one that fits");
}

/// Compared exactly, and together with its issuer.
pub async fn a_subject_is_one_members<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let ada = subject("corp", "ada");
    let put = async |number, subjects: Vec<Subject>| {
        store.put_member(&Member { subjects, ..member(1, number) }).await
    };
    put(1, vec![ada.clone()]).await.expect("a subject");
    put(1, vec![subject("corp", "ada "), ada.clone()]).await.expect("its own again");
    let before = all_of(store, org).await;
    for taken in [vec![ada.clone()], vec![subject("corp", "eve"), subject("corp", "ada ")]] {
        refused!(put(11, taken).await, Error::Conflict(_));
    }
    refused!(put(11, vec![subject("corp", "eve"); 2]).await, Error::Conflict(_));
    assert_eq!(all_of(store, org).await, before);
    put(11, vec![subject("idp", "ada"), subject("corp", "Ada")]).await.expect("others");
    put(1, vec![]).await.expect("no subject");
    put(11, vec![ada]).await.expect("a subject that nobody has");
}

/// The same issuer may name somebody in each.
pub async fn subjects_of_two_organisations_do_not_meet<S: Audit>(store: &S) {
    let ada = [subject("corp", "ada")];
    for number in [1, 2, 3] {
        let org = settle_in(store, number).await;
        let newcomer = newcomer(number, 50 + number, &ada);
        let (made, _) = store.provision(&newcomer).await.expect("a member of its own");
        assert_eq!(made, newcomer.member);
        let members = store.load(org).await.expect("a load").expect("the organisation").members;
        assert_eq!(members.iter().filter(|member| member.subjects == ada).count(), 1);
    }
}

fn token(issuer: &str, jti: &str, until: Instant) -> RevokedToken {
    RevokedToken { issuer: issuer.to_owned(), jti: jti.to_owned(), until }
}

fn after(hours: i64) -> Instant {
    NOW.plus_micros(hours * HOUR)
}

async fn revoked<S: Audit>(store: &S, number: u128) -> Vec<RevokedToken> {
    let data = store.load(org_id(number)).await.expect("a load");
    data.expect("the organisation").revoked_tokens
}

/// Known by issuer and id, of one organisation; revoked again, it stays revoked as long as ever said.
pub async fn a_revoked_token_is_loaded_and_told_with_its_latest_end<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    settle_in(store, 2).await;
    let start = store.stamp().await.expect("a stamp").seq;
    let mut seqs = Vec::new();
    for (jti, hours) in [("b", 5), ("a", 5), ("b", 9), ("b", 3)] {
        let token = token("corp", jti, after(hours));
        seqs.push(store.revoke_token(org, &token, NOW).await.expect("a revocation"));
    }
    let other = token("Corp", "b", Instant::MAX);
    seqs.push(store.revoke_token(org, &other, NOW).await.expect("a revocation"));
    assert_eq!(seqs, (1..=5).map(|n| ChangeSeq(start.0 + n)).collect::<Vec<_>>());
    let (a, b) = (token("corp", "a", after(5)), token("corp", "b", after(9)));
    assert_eq!(revoked(store, 1).await, [other.clone(), a.clone(), b.clone()]);
    assert_eq!(revoked(store, 2).await, []);
    let told = store.changes_since(start, 9).await.expect("the feed");
    let told: Vec<_> =
        told.into_iter().map(|change| (change.seq, change.org, change.what)).collect();
    let expected = [(seqs[1], a), (seqs[3], b), (seqs[4], other)];
    assert_eq!(told, expected.map(|(seq, it)| (seq, org, Changed::TokenRevoked(it))));
    let token = token("corp", "a", after(1));
    refused!(store.revoke_token(org_id(3), &token, NOW).await, Error::Conflict(_));
}

/// Whoever reads the feed does not stumble over what is gone.
pub async fn tokens_that_have_ended_by_themselves_are_forgotten<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let other = settle_in(store, 2).await;
    let start = store.stamp().await.expect("a stamp").seq;
    let [short, long] = [token("corp", "short", after(1)), token("corp", "long", after(2))];
    for (org, token) in [(org, &short), (other, &short), (org, &long)] {
        store.revoke_token(org, token, NOW).await.expect("a revocation");
    }
    let third = token("corp", "third", after(5));
    let last = store.revoke_token(org, &third, after(1)).await.expect("a revocation");
    assert_eq!(revoked(store, 1).await, [long.clone(), third.clone()]);
    let theirs = revoked(store, 2).await;
    assert_eq!(theirs, std::slice::from_ref(&short), "only an organisation's own go");
    let mut told = Vec::new();
    let mut read = start;
    while let Some(change) = store.changes_since(read, 1).await.expect("the feed").pop() {
        read = change.seq;
        told.push((change.org, change.what));
    }
    let expected = [(other, &short), (org, &long), (org, &third)];
    assert_eq!(told, expected.map(|(org, it)| (org, Changed::TokenRevoked(it.clone()))));
    assert_eq!(read, last);

    // Forgotten, it is new; and one that has ended already is known until the next.
    let again = token("corp", "long", after(3));
    store.revoke_token(org, &again, after(2)).await.expect("a revocation");
    let ended = token("corp", "ended", after(0));
    store.revoke_token(org, &ended, after(2)).await.expect("a revocation");
    assert_eq!(revoked(store, 1).await, [ended, again, third.clone()]);
    store.revoke_token(org, &third, after(3)).await.expect("a revocation");
    assert_eq!(revoked(store, 1).await, [third]);
}
