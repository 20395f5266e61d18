//! Tokens at several gateways: one subject is one member, and what is revoked is revoked everywhere.

use gateway::Clock;
use ledger::MemberStatus;
use store::{Member, Store};

use super::local_issuer::LocalIssuer;
use super::mint::Signer;
use super::{NAMED, NEWCOMERS, bearer, called, claims, entry};
use crate::calls::chat;
use crate::cluster::Cluster;
use crate::people::Caller;

async fn cluster() -> (Cluster, LocalIssuer, Caller) {
    let signer = Signer::ed("first");
    let issuer = LocalIssuer::start(&[&signer]).await;
    let more = entry(&issuer, &format!("{NAMED}{NEWCOMERS}"));
    let cluster = Cluster::of(2, |text| text + &more).await;
    cluster.grant(1, "100").await;
    let bearer = bearer(&signer, &claims(cluster.clock.now(), "grace"));
    (cluster, issuer, bearer)
}

async fn members(cluster: &Cluster) -> Vec<Member> {
    cluster.store.load(cluster.org).await.unwrap().unwrap().members
}

#[tokio::test]
async fn two_gateways_that_meet_one_subject_make_one_member() {
    let (cluster, _issuer, bearer) = cluster().await;
    let body = chat("mock-flat");
    let (one, other) =
        tokio::join!(cluster.call(0, &bearer, &body), cluster.call(1, &bearer, &body));
    assert_eq!((one.0, other.0), (200, 200), "{} {}", one.1, other.1);
    let members = members(&cluster).await;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].subjects, [called("grace")]);
    // The limit is one as well.
    for node in 0..2 {
        let mut told = cluster.call(node, &bearer, &body).await;
        // Until the other one has told what it has charged.
        while told.1 == "credits_held" {
            told = cluster.call(node, &bearer, &body).await;
        }
        assert_eq!(told, (402, "limit_reached".to_owned()));
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_member_that_another_gateway_has_met_is_known_here() {
    let (cluster, _issuer, bearer) = cluster().await;
    assert_eq!(cluster.call(0, &bearer, &chat("mock-flat")).await.0, 200);
    let mut grace = members(&cluster).await.remove(0);
    grace.standing.status = MemberStatus::Deactivated;
    cluster.store.put_member(&grace).await.unwrap();
    // Whether or not it has heard of either.
    assert_eq!(cluster.call(1, &bearer, &chat("mock-flat")).await.0, 401);
    cluster.take_in().await;
    for node in 0..2 {
        assert_eq!(cluster.call(node, &bearer, &chat("mock-flat")).await.0, 401);
    }
    assert_eq!(members(&cluster).await, [grace]);
    cluster.shutdown().await;
}
