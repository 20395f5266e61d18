//! People come, change and are looked up.

use ledger::{GrantKind, Instant, KeyStatus, MemberStatus, Surface, Tool};

use super::fixture::{
    NOW, credits, grant, group, group_id, key, key_id, member, member_id, org, org_id, project,
    project_id, secret, settle_in,
};
use super::refused;
use crate::{Audit, Error, Key, KeyIdentity, Member, Org, OrgData, OrgGrant, ProjectStatus, Role};

/// Nothing is lost or turned on the way, and everything comes by id.
pub async fn what_is_put_is_loaded_as_it_was<S: Audit>(store: &S) {
    assert_eq!(store.load(org_id(1)).await.expect("a load"), None);
    assert_eq!(store.orgs().await.expect("organisations"), []);
    let mut org = org(1);
    (org.anchor_day, org.created) = (31, Instant::from_micros(-5));
    store.put_org(&org).await.expect("an organisation");
    let mut groups = vec![group(1, 1), group(1, 2)];
    groups[0].managers = vec![member_id(2), member_id(1)];
    let mut projects = vec![project(1, 1), project(1, 2)];
    projects[0].status = ProjectStatus::Archived;
    projects[0].members = Some(vec![member_id(2), member_id(1)]);
    projects[1].members = Some(vec![]);
    let mut members = vec![member(1, 1), member(1, 2)];
    members[0].standing.home = Some(group_id(2));
    members[0].standing.groups = vec![group_id(2), group_id(1)];
    members[0].standing.tools =
        Some(vec![Tool::new("with \"quotes\", and \u{fc}"), Tool::new("a")]);
    (members[0].role, members[0].job_role) = (Role::Owner, Some("designer".to_owned()));
    (members[1].service_account, members[1].email) = (true, None);
    members[1].standing.status = MemberStatus::AccessRemoved;
    members[1].standing.tools = Some(vec![]);
    let mut keys = vec![key(1, 1), key(1, 2)];
    keys[0].standing.tools = Some(vec![Tool::new("chatbot")]);
    (keys[0].standing.group, keys[0].standing.project) = (Some(group_id(1)), Some(project_id(2)));
    (keys[0].standing.expires, keys[0].surface) = (NOW, Surface::Workspace);
    keys[1].standing.status = KeyStatus::Revoked;
    // The last first, since they are to come back by id.
    for number in [1, 0] {
        store.put_group(&groups[number]).await.expect("a group");
        store.put_project(&projects[number]).await.expect("a project");
    }
    for number in [1, 0] {
        store.put_member(&members[number]).await.expect("a member");
        store.put_key(&keys[number], None).await.expect("a key");
    }
    let grant = grant(1, GrantKind::Allocation, 9);
    let (grant, seq) = store.put_grant(org.id, &grant, None, NOW).await.expect("a grant");
    let grants = vec![OrgGrant {
        grant,
        spent: credits(0),
        leased: credits(0),
        refunded: credits(0),
        expired: credits(0),
    }];
    assert_eq!(store.orgs().await.expect("organisations"), [org.clone()]);
    keys.iter_mut().for_each(|key| key.version = 1);
    let (limits, revoked_tokens) = (vec![], vec![]);
    let data =
        OrgData { org, groups, projects, members, keys, grants, limits, revoked_tokens, seq };
    assert_eq!(store.load(org_id(1)).await.expect("a load"), Some(data));
}

/// Put again, it is as it was put last.
pub async fn what_is_put_again_is_changed<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    settle_in(store, 3).await;
    let (mut org, mut group, mut project) = (org(1), group(1, 1), project(1, 1));
    let (mut member, mut key) = (member(1, 1), key(1, 1));
    org.name = "Renamed".to_owned();
    (org.plan.allocation, org.plan.price.minor) = (credits(5), -3);
    group.managers = vec![member_id(11)];
    project.slug = "renamed".to_owned();
    member.standing.groups = vec![group_id(1)];
    member.standing.status = MemberStatus::Deactivated;
    key.standing.status = KeyStatus::Blocked;
    key.standing.member = member_id(11);
    store.put_org(&org).await.expect("a change");
    store.put_group(&group).await.expect("a change");
    store.put_project(&project).await.expect("a change");
    store.put_member(&member).await.expect("a change");
    store.put_key(&key, None).await.expect("a change");
    let data = store.load(id).await.expect("a load").expect("the organisation");
    assert_eq!((data.org, data.groups, data.projects), (org, vec![group], vec![project]));
    key.version = data.keys[0].version;
    assert_eq!((&data.members[0], &data.keys[0]), (&member, &key));
    assert_eq!(data.members.len(), 2);
}

/// A stranger is refused wherever it is named, and whatever named it is not there.
pub async fn nothing_is_put_that_names_who_is_not_there<S: Audit>(store: &S) {
    refused!(store.put_group(&group(1, 1)).await, Error::Conflict(_));
    refused!(store.put_project(&project(1, 1)).await, Error::Conflict(_));
    refused!(store.put_member(&member(1, 1)).await, Error::Conflict(_));
    refused!(store.put_key(&key(1, 1), None).await, Error::Conflict(_));
    let id = settle_in(store, 1).await;
    settle_in(store, 3).await;
    let before = store.load(id).await.expect("a load");
    let (mut home, mut grouped) = (member(1, 5), member(1, 5));
    home.standing.home = Some(group_id(3));
    grouped.standing.groups = vec![group_id(1), group_id(3)];
    for member in [home, grouped] {
        refused!(store.put_member(&member).await, Error::Conflict(_));
    }
    let mut keys = vec![key(1, 1); 3];
    keys[0].standing.member = member_id(3);
    keys[1].standing.group = Some(group_id(3));
    keys[2].standing.project = Some(project_id(3));
    for key in keys {
        refused!(
            store.put_key(&Key { secrets: vec![secret(1)], ..key }, None).await,
            Error::Conflict(_)
        );
    }
    let mut namesake = project(1, 2);
    namesake.slug = project(1, 1).slug;
    refused!(store.put_project(&namesake).await, Error::Conflict(_));
    let (mut zone, mut anchor) = (org(1), org(1));
    zone.time_zone = "Mars/Base".to_owned();
    anchor.anchor_day = 0;
    for org in [zone, anchor] {
        refused!(store.put_org(&org).await, Error::Conflict(_));
    }
    assert_eq!(store.load(id).await.expect("a load"), before);
    assert_eq!(store.identity(&secret(1).hash).await.expect("a look-up"), None);
}

/// A key may have two secrets, and each opens that key and no other.
pub async fn a_secret_opens_one_key<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    assert_eq!(store.identity(&secret(1).hash).await.expect("a look-up"), None);
    let mut key = Key { secrets: vec![secret(1)], ..key(1, 1) };
    store.put_key(&key, None).await.expect("a secret");
    let mut next = secret(2);
    (next.pepper, next.not_after) = (2, NOW);
    key.secrets.insert(0, next.clone());
    store.put_key(&key, None).await.expect("a second secret");
    let opens = Some(KeyIdentity { org, key: key_id(1) });
    for secret in [secret(1), next.clone()] {
        assert_eq!(store.identity(&secret.hash).await.expect("a look-up"), opens);
    }
    let other = Key { secrets: vec![next.clone()], ..super::fixture::key(1, 11) };
    refused!(store.put_key(&other, None).await, Error::Conflict(_));
    let third = Key { secrets: vec![secret(1), secret(2), secret(3)], ..key.clone() };
    refused!(store.put_key(&third, None).await, Error::Conflict(_));
    // Rotated out, and whatever its status.
    key.secrets = vec![next.clone()];
    key.standing.status = KeyStatus::Revoked;
    store.put_key(&key, None).await.expect("one secret less");
    assert_eq!(store.identity(&next.hash).await.expect("a look-up"), opens);
    assert_eq!(store.identity(&secret(1).hash).await.expect("a look-up"), None);
}

/// Whoever had read a key before it was revoked cannot undo that by writing it again.
pub async fn a_revoked_key_does_not_come_back<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let active = Key { secrets: vec![secret(1)], ..key(1, 1) };
    let mut revoked = key(1, 1);
    revoked.standing.status = KeyStatus::Revoked;
    store.put_key(&revoked, None).await.expect("a revocation");
    let mut blocked = active.clone();
    blocked.standing.status = KeyStatus::Blocked;
    for back in [&active, &blocked] {
        refused!(store.put_key(back, None).await, Error::Conflict(_));
    }
    assert_eq!(store.identity(&secret(1).hash).await.expect("a look-up"), None);
    revoked.name = "Lost in a train".to_owned();
    store.put_key(&revoked, None).await.expect("another name");
    let data = store.load(org).await.expect("a load").expect("the organisation");
    assert_eq!(data.keys[0], Key { version: 3, ..revoked });
}

/// Whoever had read somebody before others changed it does not undo that.
pub async fn what_has_changed_since_it_was_read_stays_as_it_is<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let (org, member) = (org(1), member(1, 1));
    let mut removed = member.clone();
    removed.standing.status = MemberStatus::AccessRemoved;
    let seq = store.change_member(&member, &removed).await.expect("as it was read");
    let renamed = Org { name: "Renamed".to_owned(), ..org.clone() };
    assert!(store.change_org(&org, &renamed).await.expect("as it was read") > seq);

    let before = store.load(id).await.expect("a load");
    let late = Member { name: "Late".to_owned(), ..member.clone() };
    refused!(store.change_member(&member, &late).await, Error::Stale(_));
    refused!(store.change_org(&org, &Org { anchor_day: 2, ..org.clone() }).await, Error::Stale(_));
    let stranger = super::fixture::member(1, 5);
    refused!(store.change_member(&stranger, &stranger).await, Error::Stale(_));
    let elsewhere = super::fixture::member(3, 1);
    refused!(store.change_member(&elsewhere, &elsewhere).await, Error::Conflict(_));
    refused!(
        store.change_org(&super::fixture::org(3), &super::fixture::org(3)).await,
        Error::Conflict(_)
    );
    let mut grouped = removed.clone();
    grouped.standing.groups = vec![group_id(3)];
    refused!(store.change_member(&removed, &grouped).await, Error::Conflict(_));
    assert_eq!(store.load(id).await.expect("a load"), before);
}
