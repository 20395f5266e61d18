//! Accepts connections and serves HTTP/1 on them until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::provider::Provider;
use crate::routes;

/// How long to let files be closed when there are none left for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Serves until the other end of `stop` is dropped; then cuts every connection and returns.
pub(crate) async fn serve(
    listener: TcpListener,
    provider: Arc<Provider>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&provider)));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, provider: Arc<Provider>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let service = service_fn(|request| routes::answer(Arc::clone(&provider), request));
    // A client that hangs up and a script that does are both ordinary here.
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(%error, "connection ended early");
    }
}
