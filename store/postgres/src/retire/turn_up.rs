//! The journal of a gateway that was given up has turned up.

use ledger::{Epoch, Instant, NodeId, OrgId};
use store::{EntryBook, EntryCause};

use super::{Loss, Reached, compensate, lost};
use crate::changes::{Entity, record};
use crate::column::Columns;
use crate::error::Result;
use crate::registration::require_last_start;
use crate::session::Session;
use crate::{PostgresStore, locks};

/// What was lost with a gateway's earlier starts, and was not spent, is no loss any more.
pub(crate) async fn turn_up(store: &PostgresStore, node: NodeId, epoch: Epoch) -> Result<()> {
    let mut tx = store.write().await?;
    require_last_start(&mut tx, node, epoch).await?;
    let lost = lost::written_off(&mut tx, node, epoch).await?;
    let made = compensate::made(&mut tx, node).await?;
    if lost.is_empty() && made.is_empty() {
        return Ok(());
    }
    let orgs: Vec<OrgId> =
        lost.iter().map(|it| it.org).chain(made.iter().map(|it| it.org)).collect();
    let accounts = lost.iter().map(|it| (it.org, it.account));
    let accounts = accounts.chain(made.iter().map(|it| (it.org, it.grant.into())));
    let accounts: Vec<_> = accounts.collect();
    locks::every_books(&mut tx, &orgs).await?;
    locks::every_account(&mut tx, &accounts).await?;
    let at = registered(&mut tx, node).await?;
    let mut reached = Reached::new(&mut tx, &orgs, at).await?;
    lost::write_back(&mut tx, node, epoch).await?;
    let loss = Loss { at, cause: EntryCause::Retirement { node, epoch } };
    for lost in lost.iter().filter(|lost| lost.is_grant) {
        let books = (EntryBook::Consumed, EntryBook::Grant(lost.account));
        loss.enter(&mut tx, lost.org, books, lost.amount).await?;
        reached.by(lost.org, lost.account);
    }
    for made in &made {
        let less = compensate::take_back(&mut tx, made).await?;
        let books = (EntryBook::Grant(made.grant.into()), EntryBook::Platform);
        loss.enter(&mut tx, made.org, books, less).await?;
        reached.by(made.org, made.grant.into());
    }
    reached.record(&mut tx).await?;
    let refunds = lost.iter().map(|lost| (lost.org, Entity::Refund(lost.account)));
    let grants = made.iter().map(|made| (made.org, Entity::Grant(made.grant)));
    let changes: Vec<(OrgId, Entity)> = refunds.chain(grants).collect();
    for (org, entity) in changes {
        record(&mut tx, org, entity).await?;
    }
    tx.commit().await
}

async fn registered(tx: &mut Session, node: NodeId) -> Result<Instant> {
    let row = sqlx::query("SELECT registered_at FROM nodes WHERE node = $1")
        .bind(i64::from(node.0))
        .fetch_one(tx)
        .await?;
    row.instant("registered_at")
}
