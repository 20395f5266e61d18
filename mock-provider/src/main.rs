//! The mock provider as a process of its own, for load tests and for trying things by hand.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use mock_provider::{MockProvider, Options};
use tracing_subscriber::EnvFilter;

/// A scripted AI provider that keeps its own bill (GET /bill).
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9090")]
    listen: SocketAddr,
    /// How long each answer waits before its first byte.
    #[arg(long, default_value_t = 0)]
    first_byte_delay_ms: u64,
    /// How long a stream waits before each word but the first.
    #[arg(long, default_value_t = 0)]
    chunk_delay_ms: u64,
    /// The one key that may call; without it everybody may.
    #[arg(long)]
    credential: Option<String>,
    /// Append every line of the bill to this file, as JSON; GET /bill has the last 10,000.
    #[arg(long, value_name = "FILE")]
    bill: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).init();
    let arguments = Arguments::parse();
    let provider = MockProvider::start(Options {
        listen: arguments.listen,
        first_byte_delay: Duration::from_millis(arguments.first_byte_delay_ms),
        chunk_delay: Duration::from_millis(arguments.chunk_delay_ms),
        record: false,
        credential: arguments.credential,
        bill: arguments.bill,
    })
    .await?;
    println!("mock provider on {}, its bill on {}/bill", provider.url(), provider.url());
    tokio::signal::ctrl_c().await?;
    provider.shutdown().await;
    Ok(())
}
