//! The only way a gateway touches money: one transaction, decided first, then written.

mod events;
mod position;
mod read;
mod rollups;
mod series;
mod transfers;
mod write;

use sqlx::SqliteConnection;
use store::{SyncAnswer, SyncRequest, book};

use crate::error::Result;
use crate::{SqliteStore, idempotency};
use position::Position;
use series::Numbered;
use write::Booked;

pub(crate) use series::KnownSeries;

pub(crate) async fn sync(store: &SqliteStore, request: &SyncRequest) -> Result<SyncAnswer> {
    let fingerprint = request.fingerprint();
    let mut turn = store.writer.turn().await?;
    let applied = apply(turn.connection(), &store.series, request, &fingerprint).await;
    match applied {
        Ok(Applied::Next(answer, series)) => {
            turn.committed();
            store.series.remember(series);
            Ok(answer)
        }
        Ok(Applied::Before(answer)) => {
            turn.roll_back().await;
            Ok(answer)
        }
        Err(error) => {
            turn.roll_back().await;
            Err(error)
        }
    }
}

enum Applied {
    /// By this call: booked and committed.
    Next(SyncAnswer, Numbered),
    /// By an earlier one, which this one repeats.
    Before(SyncAnswer),
}

async fn apply(
    connection: &mut SqliteConnection,
    known: &KnownSeries,
    request: &SyncRequest,
    fingerprint: &[u8; 32],
) -> Result<Applied> {
    let mut read = read::begin(connection, request).await?;
    if let Position::Repeated(answer) = position::of(&read.position, request, fingerprint)? {
        return Ok(Applied::Before(answer));
    }
    let answer = book(request, &mut read.touched, &read.recalled, false)?;
    idempotency::end(connection, request).await?;
    let series = series::number(connection, known, &request.events).await?;
    let booked = Booked { read: &read, answer: &answer, series: &series.of_charges };
    write::commit(connection, request, fingerprint, booked).await?;
    Ok(Applied::Next(answer, series))
}
