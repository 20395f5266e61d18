//! When a key was used last: known to the store after a while, at the price of no request.

use std::sync::Arc;

use gateway::Clock;
use ledger::Instant;
use store::Store;
use store_sqlite::SqliteStore;

use crate::calls::MODELS;
use crate::house::House;
use crate::people::Caller;

const MINUTE_MICROS: i64 = 60_000_000;

async fn last_use(
    store: &Arc<SqliteStore>,
    house: ledger::OrgId,
    caller: &Caller,
) -> Option<Instant> {
    let data = store.load(house).await.unwrap().unwrap();
    let key = data.keys.iter().find(|key| key.standing.id == caller.key).unwrap();
    key.secrets[0].last_used
}

#[tokio::test]
async fn the_last_of_many_uses_is_told_once() {
    let house = House::new().await;
    let (caller, idle) = (house.caller("10").await, house.caller("10").await);
    let (store, org, clock) = (Arc::clone(&house.store), house.org, Arc::clone(&house.clock));
    for _ in 0..20 {
        assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    }
    let later = clock.now().plus_micros(MINUTE_MICROS);
    clock.not_before(later);
    for _ in 0..20 {
        assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    }
    assert!(house.store_calls("note_used").await <= 1, "no request tells the store");
    house.gateway.shutdown().await.unwrap();
    let told = last_use(&store, org, &caller).await.unwrap();
    assert!((later..later.plus_micros(MINUTE_MICROS)).contains(&told), "{told:?}");
    assert_eq!(last_use(&store, org, &idle).await, None);
}

#[tokio::test]
async fn who_is_not_let_in_has_not_used_its_key() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    house.change_rules(&caller, |key| key.ips = Some(Vec::new())).await;
    assert_eq!(house.get(&caller, MODELS).await.status(), 403);
    let (store, org) = (Arc::clone(&house.store), house.org);
    house.gateway.shutdown().await.unwrap();
    assert_eq!(last_use(&store, org, &caller).await, None);
}
