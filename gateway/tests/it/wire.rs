//! HTTP/1.1 byte by byte: for clients and providers that no library would be.

use std::future::Future;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The header of an answer that is a stream of events, in chunks.
pub(crate) const EVENT_STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                                       transfer-encoding: chunked\r\n\r\n";

/// A whole answer.
pub(crate) fn json_answer(body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
    format!("{head} {}\r\n\r\n{body}", body.len())
}

/// An edit of the configuration: this provider in the place of the mock.
pub(crate) fn behind(provider: &WireProvider) -> impl FnOnce(String) -> String + use<> {
    let url = provider.url.clone();
    move |text| text.replace("UPSTREAM_URL", &url)
}

/// One end of a connection.
pub(crate) struct Wire {
    stream: TcpStream,
    /// Read, and not yet taken.
    read: Vec<u8>,
}

/// A request or an answer, as it came.
#[derive(Debug)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a POST of a body of known length.
    pub(crate) async fn post(&mut self, path: &str, secret: &str, body: &[u8]) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {secret}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.send([head.as_bytes(), body].concat()).await;
    }

    /// Sends the header of a POST of a chunked body, with more header lines.
    pub(crate) async fn begin_post(&mut self, path: &str, secret: &str, more: &str) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {secret}\r\n{more}\
             content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        self.send(head).await;
    }

    /// Sends a body in chunks of so many bytes, and its end.
    pub(crate) async fn send_chunked(&mut self, body: &[u8], size: usize) {
        for chunk in body.chunks(size) {
            self.send_chunk(chunk).await;
        }
        self.send("0\r\n\r\n").await;
    }

    pub(crate) async fn send_chunk(&mut self, chunk: &[u8]) {
        let length = format!("{:x}\r\n", chunk.len());
        self.send([length.as_bytes(), chunk, b"\r\n"].concat()).await;
    }

    /// Reads more; false at the end of the connection, however it ended.
    async fn more(&mut self) -> bool {
        let mut buffer = vec![0; 16 * 1024];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.read.extend_from_slice(&buffer[..read]);
                true
            }
        }
    }

    /// The next message up to the end of its header; `None` when the connection ends before.
    pub(crate) async fn head(&mut self) -> Option<Message> {
        let end = self.until(b"\r\n\r\n").await?;
        let head = String::from_utf8(end).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(':').unwrap());
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        Some(Message { line, headers: headers.collect(), body: Vec::new(), whole: false })
    }

    /// The next message; `None` when the connection ends before its header does.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        let mut message = self.head().await?;
        self.rest_of(&mut message).await;
        Some(message)
    }

    /// Reads the body of a message whose header has been read.
    pub(crate) async fn rest_of(&mut self, message: &mut Message) {
        if message.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk().await {
                message.whole = chunk.is_empty();
                message.body.extend(chunk);
                if message.whole {
                    break;
                }
            }
        } else {
            let length = message.header("content-length").map_or(0, |text| text.parse().unwrap());
            while self.read.len() < length && self.more().await {}
            let length = length.min(self.read.len());
            message.whole =
                message.header("content-length").is_none_or(|l| l == length.to_string());
            message.body = self.read.drain(..length).collect();
        }
    }

    /// The next chunk of a chunked body: empty at its end, `None` when it broke off.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.until(b"\r\n").await?;
        let length = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        while self.read.len() < length + 2 {
            if !self.more().await {
                return None;
            }
        }
        let mut chunk: Vec<u8> = self.read.drain(..length + 2).collect();
        chunk.truncate(length);
        Some(chunk)
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end) {
                return Some(self.read.drain(..at + end.len()).collect());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// Waits until the other end has closed; whatever it sent before that is left unread.
    pub(crate) async fn closed(&mut self) {
        while self.more().await {}
    }
}

/// A provider that does with each connection what it is told to.
pub(crate) struct WireProvider {
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl WireProvider {
    pub(crate) async fn start<F>(serve: impl Fn(Wire) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(Wire::over(stream)));
            }
        });
        Self { url, serving }
    }
}

impl Drop for WireProvider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
