//! Answering on a listener until told to stop.

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{AdminApi, router};

/// How long requests may still run once the end is asked for: a client that never finishes its
/// request must not keep the process.
const GRACE: Duration = Duration::from_secs(5);

/// Answers on `listener` until `shutdown` ends, then lets running requests end, for at most five
/// seconds.
///
/// # Errors
/// What the listener fails with.
pub async fn serve(
    listener: TcpListener,
    api: AdminApi,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        // Nobody listens when serving has failed already: then there is nothing to bound.
        let _ = stopping.send(());
    };
    let served = axum::serve(listener, router(api)).with_graceful_shutdown(shutdown).into_future();
    let bound = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = served => result,
        () = bound => Ok(()),
    }
}
