//! What many want at once is fetched once: whoever comes while it is under way waits for the same.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::OnceCell;

/// The outcome of one fetch, for everybody who waits for it.
pub(crate) type Landed<V> = Result<V, Arc<store::Error>>;

type Flight<V> = OnceCell<Landed<V>>;

/// The fetches that are under way, by what is fetched.
#[derive(Debug)]
pub(crate) struct Flights<K, V> {
    under_way: Mutex<HashMap<K, Weak<Flight<V>>>>,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { under_way: Mutex::new(HashMap::new()) }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Flights<K, V> {
    /// Fetches, or waits for who does. A failure is told to all who waited, and the next one fetches
    /// anew.
    pub(crate) async fn board<F, E>(&self, key: K, fetch: impl FnOnce() -> F) -> Landed<V>
    where
        F: Future<Output = Result<V, E>>,
        E: Into<Arc<store::Error>>,
    {
        let flight = self.join(key.clone());
        // Of one that is given up on its way, somebody else who waits takes over.
        let fetched = async || fetch().await.map_err(Into::into);
        let landed = flight.get_or_init(fetched).await.clone();
        self.land(&key, &flight);
        landed
    }

    fn join(&self, key: K) -> Arc<Flight<V>> {
        let mut under_way = self.under_way.lock();
        let place = under_way.entry(key).or_default();
        place.upgrade().unwrap_or_else(|| {
            let flight = Arc::new(Flight::new());
            *place = Arc::downgrade(&flight);
            flight
        })
    }

    /// Forgets one that has landed: who comes from here on fetches anew, or finds what was fetched.
    fn land(&self, key: &K, flight: &Arc<Flight<V>>) {
        let mut under_way = self.under_way.lock();
        if under_way.get(key).is_some_and(|place| place.ptr_eq(&Arc::downgrade(flight))) {
            under_way.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn of_many_one_fetches_and_all_are_told() {
        let (flights, fetched, gate) = (Flights::default(), AtomicU32::new(0), Notify::new());
        let board = || {
            flights.board(7, async || {
                gate.notified().await;
                store::Result::Ok(fetched.fetch_add(1, Ordering::Relaxed))
            })
        };
        let (first, second, ()) = tokio::join!(board(), board(), async { gate.notify_one() });
        assert_eq!((first.unwrap(), second.unwrap()), (0, 0));
        gate.notify_one();
        assert_eq!(board().await.unwrap(), 1);
        assert!(flights.under_way.lock().is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_everybodys_and_is_not_kept() {
        let flights = Flights::<u32, u32>::default();
        let away = || async { Err(store::Error::Unavailable("away".to_owned())) };
        let (first, second) = tokio::join!(flights.board(1, away), flights.board(1, away));
        assert!(first.is_err() && second.is_err());
        assert_eq!(flights.board(1, || async { store::Result::Ok(3) }).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn one_that_is_given_up_is_taken_over() {
        let flights = Flights::<u32, u32>::default();
        let mut given_up = Box::pin(flights.board(1, std::future::pending::<store::Result<u32>>));
        assert!(futures_poll(&mut given_up).await);
        let waiting = flights.board(1, || async { store::Result::Ok(4) });
        drop(given_up);
        assert_eq!(waiting.await.unwrap(), 4);
    }

    /// Polls once; whether it goes on.
    async fn futures_poll(future: &mut (impl Future + Unpin)) -> bool {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
        })
        .await
    }
}
