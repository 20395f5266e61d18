//! Those who knock without a key that opens anything, and the one among them who has one.

use std::net::SocketAddr;

use anyhow::Result;
use http::StatusCode;

use super::keys::{Flaw, Keys};
use crate::client::{Call, Connection, Ending};
use crate::load::Caller;

/// What is asked for: it has no body and no price, so that a refusal is all that it costs.
pub(super) const MODELS: &str = "/openai/v1/models";

/// A connection on which each call has another key.
pub(super) struct Knocker {
    server: SocketAddr,
    connection: Connection,
    keys: Keys,
    body: Vec<u8>,
}

impl Knocker {
    /// So many, each connected.
    ///
    /// # Errors
    /// The server does not accept them all.
    pub(super) async fn connect(
        server: SocketAddr,
        flaw: Flaw,
        connections: u32,
        seed: u64,
    ) -> Result<Vec<Self>> {
        let mut knockers = Vec::new();
        for number in 0..u64::from(connections) {
            let keys = Keys::new(flaw, seed.wrapping_mul(1_000).wrapping_add(number));
            let connection = Connection::open(server).await?;
            knockers.push(Self { server, connection, keys, body: Vec::new() });
        }
        Ok(knockers)
    }
}

impl Caller for Knocker {
    async fn call(&mut self) -> Result<(), String> {
        let call = Call::get(self.server, MODELS, Some(&self.keys.next()))
            .map_err(|error| error.to_string())?;
        let answer = self.connection.send(&call, &mut self.body).await;
        if answer.ending != Ending::Complete {
            return Err(format!("{:?}", answer.ending));
        }
        match answer.status {
            Some(StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) => Ok(()),
            status => Err(format!("status {status:?} for a key that opens nothing")),
        }
    }
}

/// A connection with a key that opens something.
pub(super) struct Guest {
    pub(super) connection: Connection,
    pub(super) call: Call,
    pub(super) body: Vec<u8>,
}

impl Caller for Guest {
    async fn call(&mut self) -> Result<(), String> {
        let answer = self.connection.send(&self.call, &mut self.body).await;
        match (answer.status, answer.ending) {
            (Some(StatusCode::OK), Ending::Complete) => Ok(()),
            (status, ending) => Err(format!("status {status:?}, {ending:?}")),
        }
    }
}
