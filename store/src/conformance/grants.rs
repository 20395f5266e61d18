//! Grants are given and changed.

use ledger::{Access, GrantKind, Instant};

use super::fixture::{NOW, credits, grant, grant_id, group_id, member_id, settle_in};
use super::refused;
use crate::{Audit, Error};

/// It is made with the grant, and shows what was granted.
pub async fn a_grant_has_an_account_that_bears_its_id<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut promo = grant(1, GrantKind::Promo, 500);
    promo.end = NOW.plus_micros(1_000);
    let (made, seq) = store.put_grant(org, &promo, None, NOW).await.expect("a grant");
    assert_eq!(made, promo);
    assert_eq!(store.stamp().await.expect("a stamp").seq, seq);
    let account = store.accounts(org).await.expect("figures").remove(0);
    assert_eq!((account.id, account.amount), (promo.id.into(), credits(500)));
    assert_eq!((account.start, account.end, account.limit), (promo.start, promo.end, None));
    refused!(
        store.put_grant(super::fixture::org_id(3), &promo, None, NOW).await,
        Error::Conflict(_)
    );
}

/// What it is, when it began and how old it is has decided what was burnt already.
pub async fn a_grant_changes_its_amount_its_end_and_its_access_and_nothing_else<S: Audit>(
    store: &S,
) {
    let org = settle_in(store, 1).await;
    let mut promo = grant(1, GrantKind::Promo, 500);
    store.put_grant(org, &promo, None, NOW).await.expect("a grant");
    let mut others = vec![promo.clone(); 3];
    others[0].kind = GrantKind::TopUp;
    others[1].start = NOW.plus_micros(1);
    others[2].created = NOW.plus_micros(1);
    for other in others {
        refused!(store.put_grant(org, &other, None, NOW).await, Error::Conflict(_));
    }
    promo.amount = credits(400);
    promo.end = NOW.plus_micros(9);
    promo.access = Access::Listed { members: vec![member_id(11)], groups: vec![group_id(1)] };
    store.put_grant(org, &promo, None, NOW).await.expect("a change");
    let stored = store.load(org).await.expect("a load").expect("the organisation").grants;
    assert_eq!(stored.iter().map(|stored| &stored.grant).collect::<Vec<_>>(), [&promo]);
    let account = store.accounts(org).await.expect("figures").remove(0);
    assert_eq!((account.amount, account.end), (promo.amount, promo.end));
    promo.access = Access::Everyone;
    store.put_grant(org, &promo, None, NOW).await.expect("a change");
    let stored = store.load(org).await.expect("a load").expect("the organisation").grants;
    assert_eq!(stored[0].grant, promo);
}

/// The same name is the same request, however often it comes, with whatever id and at whatever time.
pub async fn a_named_grant_is_made_once<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let first = grant(1, GrantKind::TopUp, 500);
    let (_, seq) = store.put_grant(org, &first, Some("invoice 12"), NOW).await.expect("a grant");
    let mut again = grant(2, GrantKind::TopUp, 500);
    (again.created, again.start) = (NOW.plus_micros(60), NOW.plus_micros(60));
    let answer =
        store.put_grant(org, &again, Some("invoice 12"), NOW).await.expect("the same request");
    assert_eq!(answer, (first.clone(), seq));
    let mut dearer = again.clone();
    dearer.amount = credits(501);
    refused!(store.put_grant(org, &dearer, Some("invoice 12"), NOW).await, Error::Conflict(_));
    let mut later = again.clone();
    later.start = Instant::from_micros(later.created.micros() + 1);
    refused!(store.put_grant(org, &later, Some("invoice 12"), NOW).await, Error::Conflict(_));
    store.put_grant(org, &dearer, Some("invoice 13"), NOW).await.expect("another name");
    let neighbour = settle_in(store, 2).await;
    let theirs = grant(4, GrantKind::Promo, 1);
    store.put_grant(neighbour, &theirs, Some("invoice 12"), NOW).await.expect("another's name");
    let grants = store.load(org).await.expect("a load").expect("the organisation").grants;
    let ids: Vec<_> = grants.iter().map(|stored| stored.grant.id).collect();
    assert_eq!(ids, [grant_id(1), grant_id(2)]);
}

/// A list with a stranger is refused as a whole.
pub async fn a_grant_lists_only_who_is_there<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    settle_in(store, 3).await;
    let mut listed = grant(1, GrantKind::Promo, 500);
    for (members, groups) in [(vec![member_id(3)], vec![]), (vec![], vec![group_id(3)])] {
        listed.access = Access::Listed { members, groups };
        refused!(store.put_grant(org, &listed, None, NOW).await, Error::Conflict(_));
    }
    assert_eq!(store.accounts(org).await.expect("figures"), []);
    listed.access = Access::Listed { members: vec![], groups: vec![] };
    store.put_grant(org, &listed, None, NOW).await.expect("a grant that nobody may burn yet");
    let grants = store.load(org).await.expect("a load").expect("the organisation").grants;
    assert_eq!(grants[0].grant, listed);
}
