//! One connection to a server, and the calls made on it.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 << 20;

/// A request that can be sent over and over.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    head: http::request::Parts,
    body: Bytes,
}

impl Call {
    /// A POST of JSON with a bearer key.
    ///
    /// # Errors
    /// The path or the key cannot stand in a request.
    pub(crate) fn post(server: SocketAddr, path: &str, key: &str, body: Bytes) -> Result<Self> {
        Self::new(Method::POST, server, path, Some(key), body)
    }

    /// A GET, with a bearer key if there is one.
    ///
    /// # Errors
    /// As [`Call::post`].
    pub(crate) fn get(server: SocketAddr, path: &str, key: Option<&str>) -> Result<Self> {
        Self::new(Method::GET, server, path, key, Bytes::new())
    }

    /// A PUT of JSON with a bearer key.
    ///
    /// # Errors
    /// As [`Call::post`].
    pub(crate) fn put(server: SocketAddr, path: &str, key: &str, body: Bytes) -> Result<Self> {
        Self::new(Method::PUT, server, path, Some(key), body)
    }

    fn new(
        method: Method,
        server: SocketAddr,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Result<Self> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, server.to_string())
            .header(USER_AGENT, "loadtest");
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let (head, ()) = request.body(()).context("cannot ask for this")?.into_parts();
        Ok(Self { head, body })
    }

    fn request(&self) -> Request<Full<Bytes>> {
        Request::from_parts(self.head.clone(), Full::new(self.body.clone()))
    }
}

/// Whether all of an answer arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    /// It did not, and why.
    Cut(String),
    /// The caller left before.
    Left,
    /// Nobody listened: nothing was sent.
    Unconnected(String),
}

/// An answer without its body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// `None` when the connection ended before the first byte.
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: HeaderMap,
    pub(crate) ending: Ending,
}

impl Answer {
    /// None at all.
    pub(crate) fn none(ending: Ending) -> Self {
        Self { status: None, headers: HeaderMap::new(), ending }
    }
}

/// A kept-alive HTTP/1 connection.
pub(crate) struct Connection {
    server: SocketAddr,
    requests: SendRequest<Full<Bytes>>,
    /// Ends the connection at once, whatever is on its way.
    hang_up: AbortHandle,
}

impl Connection {
    /// Connects to `server`.
    ///
    /// # Errors
    /// Nobody listens there.
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await.with_context(|| format!("no {server}"))?;
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with `requests`; what goes wrong in it is told to the call that it goes wrong for.
        let hang_up = tokio::spawn(connection).abort_handle();
        Ok(Self { server, requests, hang_up })
    }

    /// Makes one call and reads the whole answer into `body`, replacing what is there. A connection
    /// that was closed since the last answer is opened again; a call is never repeated.
    pub(crate) async fn send(&mut self, call: &Call, body: &mut Vec<u8>) -> Answer {
        self.send_until(call, body, pending()).await
    }

    /// The same, but hangs up when `leave` ends before the answer does.
    pub(crate) async fn send_until(
        &mut self,
        call: &Call,
        body: &mut Vec<u8>,
        leave: impl Future<Output = ()>,
    ) -> Answer {
        body.clear();
        if self.requests.ready().await.is_err() {
            match Self::open(self.server).await {
                Ok(fresh) => *self = fresh,
                Err(error) => return Answer::none(Ending::Unconnected(error.to_string())),
            }
        }
        let mut leave = pin!(leave);
        let response = tokio::select! {
            response = self.requests.send_request(call.request()) => response,
            () = &mut leave => return Answer::none(self.left()),
        };
        let (head, incoming) = match response {
            Ok(response) => response.into_parts(),
            Err(error) => return Answer::none(Ending::Cut(error.to_string())),
        };
        let ending = tokio::select! {
            ending = read(incoming, body) => ending,
            () = &mut leave => self.left(),
        };
        Answer { status: Some(head.status), headers: head.headers, ending }
    }

    fn left(&self) -> Ending {
        self.hang_up.abort();
        Ending::Left
    }
}

async fn read(mut incoming: Incoming, body: &mut Vec<u8>) -> Ending {
    loop {
        let frame = match incoming.frame().await {
            None => return Ending::Complete,
            Some(Err(error)) => return Ending::Cut(error.to_string()),
            Some(Ok(frame)) => frame,
        };
        let Some(chunk) = frame.data_ref() else { continue };
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Ending::Cut(format!("longer than {LONGEST_ANSWER} bytes"));
        }
        body.extend_from_slice(chunk);
    }
}

/// Makes one call on a connection of its own, and reads its answer as JSON.
///
/// # Errors
/// The answer is no 2xx, incomplete or of another shape.
pub(crate) async fn fetch<T: DeserializeOwned>(server: SocketAddr, call: &Call) -> Result<T> {
    let mut body = Vec::new();
    let answer = Connection::open(server).await?.send(call, &mut body).await;
    let what = call.head.uri.path();
    let granted = answer.status.is_some_and(|status| status.is_success());
    if !granted || answer.ending != Ending::Complete {
        bail!("{what} answered {answer:?}: {}", String::from_utf8_lossy(&body));
    }
    serde_json::from_slice(&body)
        .with_context(|| format!("{what} answered {}", String::from_utf8_lossy(&body)))
}
