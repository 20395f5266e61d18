//! A key whose request came to nothing is free at once, whatever happened; without a store there is
//! no claim, and without a claim no call.

use ledger::KeyStatus;

use crate::calls::{CHAT, FLAT, MESSAGES, chat};
use crate::edits::{bounds, patience, price};
use crate::flaky::Reach;
use crate::house::House;
use crate::idempotency::{KEY, large};
use crate::watch::{micros, request_id};
use crate::wire::Wire;

#[tokio::test]
async fn a_retry_of_what_the_provider_did_not_answer_runs() {
    for path in [CHAT, MESSAGES] {
        let house = House::new().await;
        let caller = house.caller("10").await;
        for billed in 1..=3 {
            let failed = house.keyed(&caller, path, &chat("mock-error-500"), "k").await;
            assert_eq!(failed.status, 500, "{failed:?}");
            assert_eq!(house.provider.bill().requests, billed);
        }
        let served = house.keyed(&caller, path, &chat("mock-flat"), "k").await;
        assert_eq!(served.status, 200, "{served:?}");
        let again = house.keyed(&caller, path, &chat("mock-flat"), "k").await;
        again.is_refused(409, "idempotency_finished", false);
        house.assert_spent(&caller, "10", micros(1_000_000)).await;
    }
}

#[tokio::test]
async fn a_refused_call_leaves_its_key_free() {
    for body in [chat("mock-flat"), large(chat("mock-flat"))] {
        let house = House::new().await;
        let caller = house.caller("0").await;
        for _ in 0..2 {
            let broke = house.keyed(&caller, CHAT, &body, "k").await;
            broke.is_refused(402, "credits_exhausted", false);
        }
        let unpriced = house.keyed(&caller, CHAT, &chat("mock-unheard-of"), "k").await;
        unpriced.is_refused(400, "unpriced", false);
        house.grant(&caller, FLAT).await;
        house.change_key(&caller, |key| key.status = KeyStatus::Blocked).await;
        house.keyed(&caller, CHAT, &body, "k").await.is_refused(403, "key_blocked", false);
        house.change_key(&caller, |key| key.status = KeyStatus::Active).await;
        assert_eq!(house.keyed(&caller, CHAT, &body, "k").await.status, 200);
        // And from now on the blocked key is told nothing else.
        house.change_key(&caller, |key| key.status = KeyStatus::Blocked).await;
        house.keyed(&caller, CHAT, &body, "k").await.is_refused(403, "key_blocked", false);
    }
}

#[tokio::test]
async fn who_hangs_up_while_it_waits_for_credits_leaves_its_key_free() {
    for body in [chat("mock-flat"), large(chat("mock-flat"))] {
        let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"1\"";
        let edit = |text| price(slow)(patience("60s")(bounds("hold_wait: 60s")(text)));
        let house = House::with(edit).await;
        let caller = house.caller("1").await;
        let running = house.post(&caller, CHAT, &chat("mock-slow:9"));
        let running = tokio::spawn(running.header("x-mock-delay-ms", 50_000).send());
        house.provider.requests_when(|requests| !requests.is_empty()).await;

        let mut waiting = Wire::to(house.gateway.address()).await;
        waiting.begin_post(CHAT, &caller.secret, "idempotency-key: k\r\n").await;
        waiting.send_chunked(&serde_json::to_vec(&body).unwrap(), 60_000).await;
        house.waiting(1).await;
        let second = house.keyed(&caller, CHAT, &body, "k").await;
        second.is_refused(409, "idempotency_running", true);
        drop(waiting);
        house.waiting(0).await;
        house.grant(&caller, FLAT).await;
        assert_eq!(house.keyed(&caller, CHAT, &body, "k").await.status, 200);
        running.abort();
    }
}

#[tokio::test]
async fn who_hangs_up_while_its_key_is_being_claimed_leaves_it_free() {
    for body in [chat("mock-flat"), large(chat("mock-flat"))] {
        let house = House::new().await;
        let caller = house.caller("10").await;
        assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
        house.reach(Reach::NoAnswer);
        let mut claiming = Wire::to(house.gateway.address()).await;
        claiming.begin_post(CHAT, &caller.secret, "idempotency-key: k\r\n").await;
        claiming.send_chunked(&serde_json::to_vec(&body).unwrap(), 60_000).await;
        while house.reached() == Reach::NoAnswer {
            tokio::task::yield_now().await;
        }
        drop(claiming);
        while house.metric("bursar_requests_running").await > 0 {}
        assert_eq!(house.keyed(&caller, CHAT, &body, "k").await.status, 200);
        house.assert_spent(&caller, "10", micros(2_000_000)).await;
    }
}

#[tokio::test]
async fn while_the_store_is_away_no_call_with_a_key_runs_and_none_is_charged() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    house.reach(Reach::Nothing);
    for _ in 0..3 {
        let away = house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await;
        away.is_refused(503, "ledger_unavailable", true);
    }
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    assert_eq!(house.provider.bill().requests, 2);
    house.reach(Reach::All);
    assert_eq!(house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await.status, 200);
    assert_eq!(house.provider.bill().requests, 3);
}

#[tokio::test]
async fn a_key_that_could_not_be_given_back_is_free_when_the_store_is_there_again() {
    let house = House::new().await;
    let caller = house.caller("1").await;
    assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    house.reach(Reach::NoSync);
    let broke = house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await;
    broke.is_refused(402, "credits_exhausted", false);
    // Until then nobody can know whether it is free.
    let unknown = house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await;
    unknown.is_refused(503, "ledger_unavailable", true);
    house.reach(Reach::All);
    house.grant(&caller, FLAT).await;
    assert_eq!(house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await.status, 200);
}

#[tokio::test]
async fn a_key_that_was_never_given_back_is_freed_by_the_next_start() {
    let house = House::new().await;
    let caller = house.caller("1").await;
    let response = house.post(&caller, CHAT, &chat("mock-flat")).header(KEY, "used").send();
    let used = request_id(&response.await.unwrap());
    house.reach(Reach::NoSync);
    house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await.is_refused(
        402,
        "credits_exhausted",
        false,
    );
    // What was charged is reported before the end, and nothing else is.
    house.reach(Reach::All);
    let house = house.restarted().await;
    house.grant(&caller, FLAT).await;
    let again = house.keyed(&caller, CHAT, &chat("mock-flat"), "used").await;
    again.is_refused(409, "idempotency_finished", false);
    assert_eq!(again.error["first"]["request_id"], used);
    assert_eq!(house.keyed(&caller, CHAT, &chat("mock-flat"), "k").await.status, 200);
}
