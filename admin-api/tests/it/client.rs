//! A control plane on a free port of the loopback, and a client that has its token.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use admin_api::{AdminApi, AdminTokens, AppliedBy, Clock, Issuers, KeyMaker, Nodes};
use async_trait::async_trait;
use ledger::Instant;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use store::{ChangeSeq, KeyHasher, Store};
use tokio::sync::oneshot;

pub(crate) const TOKEN: &str = "bursar_a_4fNv0Qm2bS8xKJ7tWcYpL1dRz9hGe33sT5Ua";

/// 2026-11-23T12:00:00Z, always.
pub(crate) const NOW: Instant = Instant::from_seconds(1_795_435_200);

struct OneIssuer;

impl Issuers for OneIssuer {
    fn has(&self, issuer: &str) -> bool {
        issuer == "https://login.example.com/"
    }
}

struct AtNow;

impl Clock for AtNow {
    fn now(&self) -> Instant {
        NOW
    }
}

/// Two gateways, of which one never answers.
#[derive(Default)]
pub(crate) struct TwoNodes {
    asked: Mutex<Vec<ChangeSeq>>,
}

#[async_trait]
impl Nodes for TwoNodes {
    async fn apply(&self, seq: ChangeSeq) -> AppliedBy {
        self.asked.lock().unwrap().push(seq);
        AppliedBy { nodes: 1, of: 2, missing: vec!["node_2".to_owned()] }
    }
}

/// The hasher that the control plane has: an earlier pepper, and the one of today.
pub(crate) fn hasher() -> KeyHasher {
    KeyHasher::new(2, [(1, [1; 32].as_slice()), (2, [2; 32].as_slice())]).unwrap()
}

/// Bytes in which no key is like another.
fn bytes() -> impl Fn() -> u8 + Send + Sync + 'static {
    let state = Mutex::new(7_u64);
    move || {
        let mut state = state.lock().unwrap();
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    }
}

pub(crate) struct Client<N = TwoNodes> {
    pub(crate) address: SocketAddr,
    http: reqwest::Client,
    nodes: Arc<N>,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Client<TwoNodes> {
    /// A client of a control plane over this store and two gateways.
    pub(crate) async fn of(store: impl Store) -> Self {
        Self::over(Arc::new(store)).await
    }

    /// The same over a store that others have too.
    pub(crate) async fn over(store: Arc<dyn Store>) -> Self {
        Self::between(store, Arc::default()).await
    }

    /// The changes that the gateways were told of.
    pub(crate) fn changes_applied(&self) -> Vec<ChangeSeq> {
        self.nodes.asked.lock().unwrap().clone()
    }
}

impl<N: Nodes + 'static> Client<N> {
    /// A client of a control plane over this store and these gateways.
    pub(crate) async fn with(store: impl Store, nodes: Arc<N>) -> Self {
        Self::between(Arc::new(store), nodes).await
    }

    async fn between(store: Arc<dyn Store>, nodes: Arc<N>) -> Self {
        let api = AdminApi {
            store,
            nodes: nodes.clone(),
            tokens: AdminTokens::new(["bursar_a_another".to_owned(), TOKEN.to_owned()]),
            clock: Arc::new(AtNow),
            keys: KeyMaker::new(hasher(), bytes()),
            issuers: Arc::new(OneIssuer),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { stopped.await.unwrap_or_default() };
        let served = tokio::spawn(admin_api::serve(listener, api, stopped));
        Self { address, http: reqwest::Client::new(), nodes, stop, served }
    }

    /// A request without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(TOKEN)
    }

    /// The JSON that a GET is answered with.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// Stops the control plane and waits for its end.
    pub(crate) async fn stop(self) -> std::io::Result<()> {
        self.stop.send(()).unwrap();
        self.served.await.unwrap()
    }
}

/// The problem that an answer is, once it has the form that every problem has.
#[track_caller]
pub(crate) fn problem_of(status: u16, kind: &str, body: Value) -> Value {
    assert_eq!(kind, "application/problem+json");
    assert_eq!((&body["type"], &body["status"]), (&"about:blank".into(), &status.into()));
    for words in ["title", "detail", "code"] {
        assert!(body[words].as_str().is_some_and(|words| !words.is_empty()), "{words}: {body}");
    }
    body
}

/// The status of an answer, and the problem that it is.
pub(crate) async fn problem(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (status, problem_of(status, &kind, answer.json().await.unwrap()))
}

/// The places that a problem names, in its order.
pub(crate) fn paths(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["path"].as_str().unwrap()).collect()
}
