//! Where the demo listens: as told, else at the usual ports, else at free ones.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, bail};

use crate::cli::DemoArguments;

/// The four addresses; port 0 stands for a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) gateway: SocketAddr,
    pub(super) admin: SocketAddr,
    pub(super) operations: SocketAddr,
    pub(super) provider: SocketAddr,
}

impl Addresses {
    /// Chooses them; a usual port that is taken is replaced by a free one, which is told.
    ///
    /// # Errors
    /// An address that was asked for cannot be listened on.
    pub(super) fn choose(arguments: &DemoArguments) -> anyhow::Result<Self> {
        Ok(Self {
            gateway: choose("gateway", arguments.gateway, 8080)?,
            admin: choose("admin", arguments.admin, 8081)?,
            operations: choose("operations", arguments.operations, 9464)?,
            provider: match arguments.upstream {
                Some(upstream) => upstream,
                None => choose("provider", arguments.provider, 9090)?,
            },
        })
    }
}

fn choose(name: &str, asked: Option<SocketAddr>, usual_port: u16) -> anyhow::Result<SocketAddr> {
    if let Some(address) = asked {
        return match TcpListener::bind(address) {
            Ok(_) => Ok(address),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                bail!("{address} is taken by another program; name another with --{name}")
            }
            Err(error) => Err(error)
                .with_context(|| format!("cannot listen on {address}; name another with --{name}")),
        };
    }
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, usual_port));
    if TcpListener::bind(usual).is_ok() {
        return Ok(usual);
    }
    eprintln!("bursar: {usual} is taken, so the {name} listens on a free port instead");
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn a_usual_port_that_is_taken_is_replaced_by_a_free_one() {
        let (_listener, address) = taken();
        assert_eq!(choose("gateway", None, address.port()).unwrap().port(), 0);
    }

    #[test]
    fn an_address_that_was_asked_for_is_never_replaced() {
        let (listener, address) = taken();
        let error = choose("gateway", Some(address), 8080).unwrap_err().to_string();
        assert!(error.contains("--gateway"), "{error}");
        drop(listener);
        assert_eq!(choose("gateway", Some(address), 8080).unwrap(), address);
    }
}
