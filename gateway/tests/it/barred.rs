//! Whom a change has barred is not served, however far its call is on its way to the provider.

use std::net::{Ipv4Addr, SocketAddr};

use ledger::KeyStatus;
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::calls::{CHAT, chat};
use crate::house::House;
use crate::watch::micros;

/// A provider that nobody gets through to until it accepts whoever is before.
struct Crowded {
    listener: TcpListener,
    _before: TcpStream,
}

impl Crowded {
    async fn start() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        // Linux lets one wait; the system of the next one asks again after a second.
        socket.listen(0).unwrap();
        socket.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(socket.into()).unwrap();
        let before = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        Self { listener, _before: before }
    }
}

#[tokio::test]
async fn a_key_that_is_blocked_while_the_provider_is_connected_to_is_not_served() {
    let crowded = Crowded::start().await;
    let upstream = format!("http://{}", crowded.listener.local_addr().unwrap());
    let house = House::with(|text| text.replace("UPSTREAM_URL", &upstream)).await;
    let caller = house.caller("10").await;
    let call = house.post(&caller, CHAT, &chat("mock-flat")).send();
    let call = tokio::spawn(async { call.await.unwrap() });
    while house.metric("bursar_holds_open").await != 1 {
        tokio::task::yield_now().await;
    }
    house.change_key(&caller, |key| key.status = KeyStatus::Blocked).await;
    let (_before, _) = crowded.listener.accept().await.unwrap();
    let (mut connection, _) = crowded.listener.accept().await.unwrap();

    let answer = call.await.unwrap();
    assert_eq!(answer.status(), 403);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["error"]["code"], "key_blocked");
    let mut read = Vec::new();
    connection.read_to_end(&mut read).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&read), "");
    house.quiet().await;
    house.change_key(&caller, |_| {}).await;
    house.assert_spent(&caller, "10", micros(0)).await;
}
