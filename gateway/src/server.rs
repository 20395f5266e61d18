//! Pingora's server: two listeners, our own signals.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use async_trait::async_trait;
use bursar_config::{Bootstrap, GatewayTls};
use parking_lot::Mutex;
use pingora::apps::HttpServerOptions;
use pingora::listeners::TcpSocketOptions;
use pingora::listeners::tls::TlsSettings;
use pingora::proxy::http_proxy;
use pingora::server::configuration::ServerConf;
use pingora::server::{RunArgs, ShutdownSignal, ShutdownSignalWatch};
use pingora::services::listening::Service;
use socket2::{Domain, Socket, Type};
use tokio::sync::oneshot;

use crate::gateway::StartError;
use crate::operations::Operations;
use crate::proxy::Proxy;

/// Idle connections to providers that are kept.
const UPSTREAM_POOL: usize = 128;
const REQUESTS_PER_CONNECTION: u32 = 10_000;

/// Where to listen.
pub(crate) struct Listeners {
    gateway: Reserved,
    operations: Reserved,
    tls: Option<GatewayTls>,
    threads: usize,
    run_dir: String,
}

impl Listeners {
    /// Finds the ports out, so that a taken one is an error here.
    pub(crate) fn of(bootstrap: &Bootstrap) -> Result<Self, StartError> {
        let listen = &bootstrap.listen;
        Ok(Self {
            gateway: Reserved::new(listen.gateway)?,
            operations: Reserved::new(listen.operations)?,
            tls: bootstrap.tls.clone(),
            threads: bootstrap.threads,
            run_dir: bootstrap.data_dir.to_string_lossy().into_owned(),
        })
    }

    /// Where the operations listener will be.
    pub(crate) const fn operations(&self) -> SocketAddr {
        self.operations.address
    }
}

/// An address whose port is known and free.
struct Reserved {
    address: SocketAddr,
    /// A port that the system chose stays ours until Pingora listens: bound, and not listening.
    placeholder: Option<Socket>,
}

impl Reserved {
    fn new(wanted: SocketAddr) -> Result<Self, StartError> {
        let taken = |source| StartError::Listen { address: wanted, source };
        if wanted.port() != 0 {
            TcpListener::bind(wanted).map_err(taken)?;
            return Ok(Self { address: wanted, placeholder: None });
        }
        Self::any_port(wanted).map_err(taken)
    }

    fn any_port(wanted: SocketAddr) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::for_address(wanted), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.bind(&wanted.into())?;
        let address = socket.local_addr()?.as_socket();
        let address = address.ok_or(std::io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { address, placeholder: Some(socket) })
    }

    /// How Pingora has to bind: beside the placeholder, or alone.
    fn options(&self) -> TcpSocketOptions {
        let mut options = TcpSocketOptions::default();
        options.so_reuseport = Some(self.placeholder.is_some());
        options
    }
}

/// Pingora, running in its own thread.
pub(crate) struct Server {
    pub(crate) gateway: SocketAddr,
    pub(crate) operations: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

/// Pingora tells `log` whole headers below `info`, the credentials of clients and of the operator in
/// them: whatever filter is asked for, those are not logged.
fn keep_headers_out_of_the_log() {
    log::set_max_level(log::max_level().min(log::LevelFilter::Info));
}

impl Server {
    /// Starts to listen; when this returns, both addresses accept.
    pub(crate) async fn start(
        proxy: Proxy,
        operations: Operations,
        listeners: Listeners,
    ) -> Result<Self, StartError> {
        keep_headers_out_of_the_log();
        let conf = conf(&listeners);
        let mut server = pingora::server::Server::new_with_opt_and_conf(None, conf);
        server.bootstrap();
        let mut app = http_proxy(&server.configuration, proxy);
        let mut options = HttpServerOptions::default();
        options.keepalive_request_limit = Some(REQUESTS_PER_CONNECTION);
        app.server_options = Some(options);
        let mut gateway = Service::new("gateway".to_owned(), app);
        listen(&mut gateway, &listeners.gateway, listeners.tls.as_ref())?;
        let operations_app = pingora::apps::http_app::HttpServer::new_app(operations);
        let mut watched = Service::new("operations".to_owned(), operations_app);
        watched.threads = Some(1);
        listen(&mut watched, &listeners.operations, None)?;
        server.add_service(gateway);
        server.add_service(watched);

        let (stop, stopped) = oneshot::channel();
        let signal = Box::new(Stopped(Mutex::new(Some(stopped))));
        let thread = std::thread::Builder::new()
            .name("pingora".to_owned())
            .spawn(move || server.run(RunArgs { shutdown_signal: signal }))
            .map_err(|error| StartError::Proxy(error.to_string()))?;
        let running = Self {
            gateway: listeners.gateway.address,
            operations: listeners.operations.address,
            stop,
            thread,
        };
        for address in [running.gateway, running.operations] {
            accepts(address).await?;
        }
        Ok(running)
    }

    /// Tears the listeners and what still runs down, and waits until it is dropped.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = tokio::task::spawn_blocking(|| self.thread.join()).await;
    }
}

fn conf(listeners: &Listeners) -> ServerConf {
    ServerConf {
        threads: listeners.threads,
        upstream_keepalive_pool_size: UPSTREAM_POOL,
        grace_period_seconds: Some(0),
        graceful_shutdown_timeout_seconds: Some(1),
        // A request with a price is never sent twice, and the others need no second try.
        max_retries: 1,
        pid_file: format!("{}/pingora.pid", listeners.run_dir),
        upgrade_sock: format!("{}/pingora.sock", listeners.run_dir),
        ..ServerConf::default()
    }
}

fn listen<A>(
    service: &mut Service<A>,
    at: &Reserved,
    tls: Option<&GatewayTls>,
) -> Result<(), StartError> {
    let address = at.address.to_string();
    let Some(tls) = tls else {
        service.add_tcp_with_settings(&address, at.options());
        return Ok(());
    };
    let refused = |error: pingora::BError| StartError::Proxy(error.to_string());
    let (certificate, key) = (tls.certificate.to_string_lossy(), tls.key.to_string_lossy());
    let settings = TlsSettings::intermediate(&certificate, &key).map_err(refused)?;
    service.add_tls_with_settings(&address, Some(at.options()), settings);
    Ok(())
}

/// Waits until an address that is about to listen does.
async fn accepts(address: SocketAddr) -> Result<(), StartError> {
    let mut last = None;
    for _ in 0..500 {
        match tokio::net::TcpStream::connect(address).await {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let source = last.unwrap_or_else(|| std::io::ErrorKind::TimedOut.into());
    Err(StartError::Listen { address, source })
}

/// Pingora stops when we say so; the process's signals are handled by whoever started us.
struct Stopped(Mutex<Option<oneshot::Receiver<()>>>);

#[async_trait]
impl ShutdownSignalWatch for Stopped {
    async fn recv(&self) -> ShutdownSignal {
        let stopped = self.0.lock().take();
        if let Some(stopped) = stopped {
            let _ = stopped.await;
        }
        // A fast one would not wait until what still runs is dropped: its charges would miss the
        // last sync, and it would still hold the store.
        ShutdownSignal::GracefulTerminate
    }
}
