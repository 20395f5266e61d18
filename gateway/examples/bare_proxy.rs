//! The least that Pingora can do: pass each request through to one upstream. Bursar's own cost is measured beside it.
//!
//! `bare_proxy --listen 127.0.0.1:0 --upstream 127.0.0.1:9090 --threads 2`
//!
//! With `--upstream none` it answers each request with a short 401 itself: the least that a refusal
//! can cost.
//!
//! It decides nothing, reads no body and logs nothing. The server settings are those of the
//! gateway. Once it accepts connections it prints one line, `{"listen":"127.0.0.1:1234"}`.

use std::error::Error;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pingora::http::ResponseHeader;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, Server, ShutdownSignal, ShutdownSignalWatch};
use pingora::upstreams::peer::HttpPeer;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "bare_proxy --listen ADDR --upstream ADDR|none --threads N";
const REFUSAL: &[u8] = br#"{"error":{"message":"no"}}"#;
/// Between two looks at whether the listener is open yet.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Passes everything through to `upstream`, or refuses it.
struct PassThrough {
    upstream: Option<SocketAddr>,
}

#[async_trait]
impl ProxyHttp for PassThrough {
    type CTX = ();

    fn new_ctx(&self) -> Self::CTX {}

    async fn request_filter(
        &self,
        session: &mut Session,
        _ctx: &mut Self::CTX,
    ) -> pingora::Result<bool> {
        if self.upstream.is_some() {
            return Ok(false);
        }
        session.set_keepalive(Some(60));
        let mut header = ResponseHeader::build(401, Some(2))?;
        header.insert_header("content-type", "application/json")?;
        header.insert_header("content-length", REFUSAL.len())?;
        session.write_response_header(Box::new(header), false).await?;
        session.write_response_body(Some(Bytes::from_static(REFUSAL)), true).await?;
        Ok(true)
    }

    async fn upstream_peer(
        &self,
        _session: &mut Session,
        _ctx: &mut Self::CTX,
    ) -> pingora::Result<Box<HttpPeer>> {
        let upstream = self.upstream.expect("a request that is refused has no upstream");
        Ok(Box::new(HttpPeer::new(upstream, false, String::new())))
    }
}

/// Ends the process at once on SIGINT and SIGTERM alike; Pingora's own watch would let SIGTERM
/// linger for minutes.
struct AtOnce;

#[async_trait]
impl ShutdownSignalWatch for AtOnce {
    async fn recv(&self) -> ShutdownSignal {
        let interrupted = arrival(SignalKind::interrupt());
        let terminated = arrival(SignalKind::terminate());
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
        ShutdownSignal::FastShutdown
    }
}

async fn arrival(kind: SignalKind) {
    let mut arrivals = signal(kind).expect("a process may handle its own signals");
    arrivals.recv().await;
}

struct Arguments {
    listen: SocketAddr,
    upstream: Option<SocketAddr>,
    threads: usize,
}

impl Arguments {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (mut listen, mut upstream, mut threads) = (None, None, None);
        let mut arguments = arguments.skip(1);
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            match flag.as_str() {
                "--listen" => listen = Some(value.parse()?),
                "--upstream" if value == "none" => upstream = Some(None),
                "--upstream" => upstream = Some(Some(value.parse()?)),
                "--threads" => threads = Some(value.parse()?),
                _ => return Err(USAGE.into()),
            }
        }
        match (listen, upstream, threads) {
            (Some(listen), Some(upstream), Some(threads)) => Ok(Self { listen, upstream, threads }),
            _ => Err(USAGE.into()),
        }
    }
}

/// Pingora binds by itself and does not tell which port it got, so a free one is chosen for it.
fn with_port(listen: SocketAddr) -> std::io::Result<SocketAddr> {
    if listen.port() == 0 { TcpListener::bind(listen)?.local_addr() } else { Ok(listen) }
}

/// Prints the line once `listen` accepts a connection.
fn announce(listen: SocketAddr) {
    thread::spawn(move || {
        while TcpStream::connect(listen).is_err() {
            thread::sleep(LOOK_EVERY);
        }
        println!(r#"{{"listen":"{listen}"}}"#);
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args())?;
    let listen = with_port(arguments.listen)?;
    let settings = ServerConf {
        threads: arguments.threads,
        work_stealing: true,
        upstream_keepalive_pool_size: 128,
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, settings);
    server.bootstrap();
    let mut proxy =
        http_proxy_service(&server.configuration, PassThrough { upstream: arguments.upstream });
    proxy.add_tcp(&listen.to_string());
    server.add_service(proxy);
    announce(listen);
    server.run(RunArgs { shutdown_signal: Box::new(AtOnce) });
    Ok(())
}
