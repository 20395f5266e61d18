//! An issuer on this machine that serves its keys, or whatever else it is told to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::mint::Signer;

/// What an issuer answers.
#[derive(Clone)]
pub(crate) enum Play {
    /// A text, and what it says of how long that is good.
    Text(String, &'static str),
    /// A status, where else to look, and a text.
    Status(u16, String, String),
    /// A text as soon as somebody lets it.
    Held(String, Arc<Semaphore>),
    /// Nothing, for ever.
    Silence,
    /// The beginning of a text, and then nothing for ever.
    Stall,
    /// A text without an end.
    Endless,
}

/// An issuer on this machine.
pub(crate) struct LocalIssuer {
    pub(crate) address: SocketAddr,
    stage: Arc<Stage>,
    serving: Option<JoinHandle<()>>,
}

struct Stage {
    play: Mutex<Play>,
    asked: AtomicUsize,
    /// Frames of texts without an end.
    frames: Arc<AtomicUsize>,
}

/// A key set.
pub(crate) fn key_set(signers: &[&Signer]) -> String {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({"keys": keys}).to_string()
}

impl LocalIssuer {
    pub(crate) async fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let play = Mutex::new(Play::Text(key_set(signers), ""));
        let stage = Arc::new(Stage { play, asked: AtomicUsize::new(0), frames: Arc::default() });
        let serving = Some(tokio::spawn(serve(listener, Arc::clone(&stage))));
        Self { address, stage, serving }
    }

    pub(crate) fn plays(&self, play: Play) {
        *self.stage.play.lock() = play;
    }

    pub(crate) fn publishes(&self, signers: &[&Signer]) {
        self.plays(Play::Text(key_set(signers), ""));
    }

    /// Nobody listens any more.
    pub(crate) async fn goes_down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            assert!(serving.await.is_err());
        }
    }

    pub(crate) async fn comes_up(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.stage))));
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.stage.asked.load(Ordering::SeqCst)
    }

    /// How many kilobytes of a text without an end were taken.
    pub(crate) fn endless_kilobytes(&self) -> usize {
        self.stage.frames.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, stage: Arc<Stage>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let stage = Arc::clone(&stage);
        let answer = service_fn(move |request| {
            let stage = Arc::clone(&stage);
            async move { Ok::<_, Infallible>(answer(&request, &stage).await) }
        });
        // A client that hangs up is one of the things that are tested.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

async fn answer<B>(request: &Request<B>, stage: &Stage) -> Answer {
    assert_eq!(request.uri().path(), "/jwks.json");
    stage.asked.fetch_add(1, Ordering::SeqCst);
    let play = stage.play.lock().clone();
    let text = |text: String| Full::new(Bytes::from(text)).boxed();
    match play {
        Play::Text(body, age) => {
            let answer = Response::builder().header("cache-control", age);
            answer.body(text(body)).unwrap()
        }
        Play::Status(status, location, body) => {
            let answer = Response::builder().status(status).header("location", location);
            answer.body(text(body)).unwrap()
        }
        Play::Held(body, let_go) => {
            let_go.acquire().await.unwrap().forget();
            Response::new(text(body))
        }
        Play::Silence => std::future::pending().await,
        Play::Stall => Response::new(Trickle { sent: Arc::default(), most: 1 }.boxed()),
        Play::Endless => {
            let trickle = Trickle { sent: Arc::clone(&stage.frames), most: usize::MAX };
            Response::new(trickle.boxed())
        }
    }
}

/// So many kilobytes of spaces, and then nothing for ever.
struct Trickle {
    sent: Arc<AtomicUsize>,
    most: usize,
}

impl Body for Trickle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.sent.load(Ordering::SeqCst) >= self.most {
            return Poll::Pending;
        }
        self.sent.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 1 << 10])))))
    }
}
