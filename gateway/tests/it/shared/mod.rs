//! Several gateways on one store: together they spend to the last credit, and never past it.

mod exact;
mod leases;
mod rewind;
mod silent;
