//! What Pingora's errors mean: for the hold, and for the client.

use ledger::Cause;
use pingora::{BError, Error, ErrorSource, ErrorType};

use crate::refusal::{Code, Denial};
use crate::running::Running;
use crate::settlement::How;

/// The error behind a denial that is told in `fail_to_proxy`.
pub(crate) fn denied() -> BError {
    Error::new(ErrorType::Custom("denied")).into_down()
}

/// The error that ends a stream which has been told so.
pub(crate) fn cut() -> BError {
    Error::new(ErrorType::Custom("cut")).into_down()
}

/// A request that went on to a provider without a route: a mistake of ours.
pub(crate) fn unrouted() -> BError {
    Error::explain(ErrorType::InternalError, "no route was chosen").into_in()
}

/// How a request ended that met an error.
pub(crate) fn how(error: &Error, running: &Running) -> How<'static> {
    if running.started {
        return How::Cut;
    }
    How::Undelivered(match error.esource() {
        ErrorSource::Downstream => Cause::ClientGone,
        ErrorSource::Upstream if is_timeout(error) => Cause::ProviderTimeout,
        ErrorSource::Upstream => Cause::ProviderUnreachable,
        ErrorSource::Internal | ErrorSource::Unset => Cause::Gateway,
    })
}

/// Whether there is nobody left to be told.
pub(crate) fn is_client_gone(error: &Error) -> bool {
    let broken = matches!(
        error.etype(),
        ErrorType::ConnectionClosed
            | ErrorType::ReadError
            | ErrorType::WriteError
            | ErrorType::WriteTimedout
            | ErrorType::Custom("cut")
    );
    broken && *error.esource() == ErrorSource::Downstream
}

/// Whether the client let its body wait for too long.
pub(crate) fn is_late_body(error: &Error) -> bool {
    *error.esource() == ErrorSource::Downstream && is_timeout(error)
}

/// What the client is told of an error.
pub(crate) fn denial(error: &Error) -> Denial {
    match error.esource() {
        ErrorSource::Upstream if is_timeout(error) => Denial::new(
            Code::UpstreamTimeout,
            "the provider was silent for longer than the route allows",
        ),
        ErrorSource::Upstream => Denial::new(
            Code::UpstreamUnreachable,
            "the provider could not be reached, or broke off before its answer began",
        ),
        ErrorSource::Downstream if is_late_body(error) => {
            Denial::new(Code::InvalidRequest, "the body did not come in time")
        }
        ErrorSource::Downstream => {
            Denial::new(Code::InvalidRequest, "the request could not be read")
        }
        ErrorSource::Internal | ErrorSource::Unset => {
            Denial::new(Code::Internal, "the gateway could not go on; it has been logged")
        }
    }
}

fn is_timeout(error: &Error) -> bool {
    matches!(
        error.etype(),
        ErrorType::ConnectTimedout
            | ErrorType::TLSHandshakeTimedout
            | ErrorType::ReadTimedout
            | ErrorType::WriteTimedout
    )
}
