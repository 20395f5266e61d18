//! Waiting until every listener of the demo answers as it should.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Far longer than it takes: nothing but a listener that hangs comes here.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until `GET path` is answered with this status.
///
/// # Errors
/// It is not, for half a minute.
pub(super) async fn answers(address: SocketAddr, path: &str, status: u16) -> anyhow::Result<()> {
    let polling = async {
        while ask(address, path).await.ok().flatten() != Some(status) {
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, polling).await {
        Ok(()) => Ok(()),
        Err(_) => match ask(address, path).await {
            Ok(answer) => bail!("http://{address}{path} answers {answer:?} instead of {status}"),
            Err(error) => Err(error).with_context(|| format!("http://{address}{path} is silent")),
        },
    }
}

/// The status that `GET path` is answered with.
async fn ask(address: SocketAddr, path: &str) -> std::io::Result<Option<u16>> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut status_line = String::new();
    stream.read_line(&mut status_line).await?;
    Ok(status_line.split(' ').nth(1).and_then(|status| status.parse().ok()))
}
