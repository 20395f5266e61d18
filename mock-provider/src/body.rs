//! How an answer's bytes leave: whole, half, or event by event.

use std::fmt;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::events::{Playback, Step};

/// The connection is dropped on purpose; hyper closes it when it is given an error.
#[derive(Debug)]
pub(crate) struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up, as scripted")
    }
}

impl std::error::Error for HangUp {}

/// The body of an answer.
pub(crate) enum Body {
    /// All of it at once; `None` once it is sent.
    Whole(Option<Bytes>),
    /// A beginning of what was promised.
    Half(Half),
    /// A stream of events.
    Events(Box<EventBody>),
}

/// A body that stops half-way.
pub(crate) struct Half {
    half: Option<Bytes>,
    /// The length that the headers tell.
    promised: u64,
    silence: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

/// A body of server-sent events.
pub(crate) struct EventBody {
    playback: Playback,
    pause: Option<Pin<Box<Sleep>>>,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

impl Body {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// Sends half of `bytes`, is silent for so long, and drops the connection.
    pub(crate) fn half(bytes: &Bytes, silence: Duration) -> Self {
        let half = bytes.slice(..bytes.len() / 2);
        Self::Half(Half { half: Some(half), promised: bytes.len() as u64, silence, pause: None })
    }

    pub(crate) fn events(playback: Playback, gzip: bool) -> Self {
        let gzip = gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
        Self::Events(Box::new(EventBody { playback, pause: None, gzip }))
    }
}

/// `bytes` in gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a Vec takes every write")
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Half(half) => half.poll(context),
            Self::Events(events) => events.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Half(_) | Self::Events(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Half(half) => SizeHint::with_exact(half.promised),
            Self::Events(_) => SizeHint::default(),
        }
    }
}

impl Half {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(self.silence)));
        ready!(pause.as_mut().poll(context));
        Poll::Ready(Some(Err(HangUp)))
    }
}

impl EventBody {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match self.playback.step() {
                Step::Send(event) => {
                    return Poll::Ready(Some(Ok(Frame::data(self.encode(event)))));
                }
                Step::Pause(length) => self.pause = Some(Box::pin(sleep(length))),
                Step::HangUp => return Poll::Ready(Some(Err(HangUp))),
                Step::End => return Poll::Ready(None),
            }
        }
    }

    /// Compresses an event so that it can be read as soon as it arrives.
    fn encode(&mut self, event: Bytes) -> Bytes {
        let Some(mut encoder) = self.gzip.take() else { return event };
        encoder.write_all(&event).expect("a Vec takes every write");
        if self.playback.is_over() {
            return encoder.finish().expect("a Vec takes every write").into();
        }
        encoder.flush().expect("a Vec takes every write");
        let compressed = std::mem::take(encoder.get_mut());
        self.gzip = Some(encoder);
        compressed.into()
    }
}
