//! Who listens hears of what others commit, and of nothing else.

use store::{ChangeSeq, Nudge, Store as _};
use tokio::sync::broadcast::Receiver;

use crate::office::{Office, key, member, org, settle_in};

async fn heard(nudges: &mut Receiver<Nudge>, seq: ChangeSeq) {
    while nudges.recv().await.unwrap() != Nudge::Changed(seq) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_one_gateway_is_heard_on_every_other() {
    let office = Office::new().await;
    let (here, there) = (office.store().await, office.store().await);
    let mut nudges = [here.nudges().unwrap(), there.nudges().unwrap()];
    for _ in 0..3 {
        let seq = here.put_org(&org()).await.unwrap();
        for nudges in &mut nudges {
            heard(nudges, seq).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_not_heard() {
    let office = Office::new().await;
    let store = office.store().await;
    settle_in(&store).await;
    let mut nudges = store.nudges().unwrap();
    let last = store.put_org(&org()).await.unwrap();
    heard(&mut nudges, last).await;
    let mut stranger = key(1);
    stranger.standing.member = ledger::MemberId::from_u128(99);
    assert!(store.put_key(&stranger, None).await.is_err());
    let next = store.put_member(&member()).await.unwrap();
    assert_eq!(nudges.recv().await.unwrap(), Nudge::Changed(next));
    assert_eq!(next, ChangeSeq(last.0 + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_made_again_and_tells_what_was_missed() {
    let office = Office::new().await;
    let store = office.store().await;
    let mut nudges = store.nudges().unwrap();
    let seq = store.put_org(&org()).await.unwrap();
    heard(&mut nudges, seq).await;
    // Nobody is told of it.
    office.database.run("UPDATE meta SET change_seq = 41").unwrap();
    office.cut();
    heard(&mut nudges, ChangeSeq(41)).await;
}
