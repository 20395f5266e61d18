//! The accounts of one organisation: what they say, beside what was added up for them.

use std::collections::HashMap;

use ledger::{AccountId, Credits, Epoch, GrantKind, NodeId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Check, Difference, Figure, InDoubt};

use super::PAGE;
use super::books::Books;
use super::events::Event;
use super::owners::Owner;
use super::starts::Starts;
use crate::column::{Columns, Id};
use crate::error::{Error, Result};

/// An account; all amounts are micro-credits.
pub(super) struct Account {
    pub(super) id: AccountId,
    /// None for a period of a limit.
    pub(super) grant: Option<GrantKind>,
    amount: i128,
    spent: i128,
    leased: i128,
    reserved: i128,
    opened_with: i128,
    refunded: i128,
    expired: i128,
    written_off: i128,
    ceiling: i128,
    /// What its leases add up to.
    leases: i128,
    /// What was written off of them.
    lost: i128,
    /// What its charges add up to.
    charged: i128,
    /// What corrections of its charges add up to.
    pub(super) given_back: i128,
    /// What all its lines in the money ledger add up to.
    pub(super) booked: i128,
    /// What of it was booked as charged.
    pub(super) booked_charged: i128,
    /// What of it was booked as given back.
    pub(super) booked_back: i128,
}

/// The accounts of an organisation, by number and by id.
#[derive(Default)]
pub(super) struct Accounts {
    by_number: HashMap<i64, Account>,
    numbers: HashMap<AccountId, i64>,
}

impl Accounts {
    pub(super) async fn read(
        connection: &mut SqliteConnection,
        owner: &Owner,
        starts: &Starts,
        books: &mut Books,
    ) -> Result<Self> {
        let mut accounts = Self::default();
        let mut last = Vec::new();
        loop {
            let rows = sqlx::query(
                "SELECT * FROM accounts WHERE shard = ? AND org_id = ? AND account_id > ?
                 ORDER BY account_id LIMIT ?",
            )
            .bind(owner.shard)
            .bind(owner.org.blob())
            .bind(last)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
            let Some(row) = rows.last() else { break };
            last = row.bytes("account_id")?.unwrap_or_default();
            for row in &rows {
                let account = from_row(row)?;
                let number = row.integer("number")?;
                accounts.numbers.insert(account.id, number);
                accounts.by_number.insert(number, account);
            }
        }
        accounts.read_leases(connection, owner, starts, books).await?;
        Ok(accounts)
    }

    async fn read_leases(
        &mut self,
        connection: &mut SqliteConnection,
        owner: &Owner,
        starts: &Starts,
        books: &mut Books,
    ) -> Result<()> {
        let mut last = (Vec::new(), 0, 0);
        loop {
            let rows = sqlx::query(
                "SELECT account_id, node, epoch, amount, written_off FROM leases
                 WHERE shard = ? AND org_id = ? AND (account_id, node, epoch) > (?, ?, ?)
                 ORDER BY account_id, node, epoch LIMIT ?",
            )
            .bind(owner.shard)
            .bind(owner.org.blob())
            .bind(last.0)
            .bind(last.1)
            .bind(last.2)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
            let Some(row) = rows.last() else { return Ok(()) };
            let account = row.bytes("account_id")?.unwrap_or_default();
            last = (account, row.integer("node")?, row.integer("epoch")?);
            for row in &rows {
                self.lease(row, owner, starts, books)?;
            }
        }
    }

    fn lease(
        &mut self,
        row: &SqliteRow,
        owner: &Owner,
        starts: &Starts,
        books: &mut Books,
    ) -> Result<()> {
        let (node, epoch) = (NodeId(row.small("node")?), Epoch(row.small("epoch")?));
        let (account, amount): (AccountId, Credits) =
            (row.id("account_id")?, row.credits("amount")?);
        if let Some(account) = self.named(account) {
            account.leases += i128::from(amount.micros());
            account.lost += i128::from(row.integer("written_off")?);
        }
        let org = owner.org;
        if !starts.has(node, epoch) {
            let about = format!("the lease of {account} of {org}");
            let found = format!("start {} of {node}", epoch.0);
            books.of(Check::Leased).differ(about, "a start that there was".to_owned(), found);
        }
        if !starts.is_last(node, epoch) && !amount.is_zero() {
            books.in_doubt(InDoubt { org, account, node, epoch, amount });
        }
        Ok(())
    }

    pub(super) fn numbered(&self, number: i64) -> Option<&Account> {
        self.by_number.get(&number)
    }

    pub(super) fn named(&mut self, id: AccountId) -> Option<&mut Account> {
        let number = self.numbers.get(&id)?;
        self.by_number.get_mut(number)
    }

    /// The kind of a grant of this id, if it is one.
    pub(super) fn kind_of(&self, id: AccountId) -> Option<GrantKind> {
        self.by_number.get(self.numbers.get(&id)?)?.grant
    }

    /// Adds a charge to what its accounts were charged.
    pub(super) fn charge(&mut self, event: &Event) {
        for (number, amount) in event.lines() {
            if let Some(account) = self.by_number.get_mut(number) {
                account.charged += i128::from(*amount);
            }
        }
    }

    /// What of its grants was lost with gateways, together.
    pub(super) fn lost_of_grants(&self) -> i128 {
        let grants = self.by_number.values().filter(|account| account.grant.is_some());
        grants.map(|account| account.written_off).sum()
    }

    /// Compares what each account says with what was added up for it.
    pub(super) fn check(&self, owner: &Owner, books: &mut Books) {
        let mut numbers: Vec<_> = self.numbers.iter().collect();
        numbers.sort_unstable();
        for account in numbers.into_iter().filter_map(|(_, number)| self.numbered(*number)) {
            account.check(owner, books);
        }
    }
}

impl Account {
    fn check(&self, owner: &Owner, books: &mut Books) {
        let about = || format!("{} of {}", self.id, owner.org);
        let spent = self.opened_with + self.charged - self.refunded;
        books.of(Check::Spent).compare(about, spent, self.spent);
        books.of(Check::Leased).compare(about, self.leases, self.leased);
        let lost = || format!("what is written off of {}", about());
        books.of(Check::Leased).compare(lost, self.lost, self.written_off);
        books.of(Check::Corrections).compare(about, self.given_back, self.refunded);

        let gone = self.spent + self.expired + self.written_off;
        let taken = gone + self.leased + self.reserved;
        let most = self.amount.max(self.ceiling);
        let over = (taken > most).then(|| Difference {
            about: about(),
            expected: format!("at most {}", Figure::Credits(most)),
            found: Figure::Credits(taken).to_string(),
        });
        books.of(Check::NeverOver).count(over);

        if self.grant.is_some() {
            let left = self.amount - gone;
            books.of(Check::Grants).compare(about, left, self.booked);
            books.of(Check::ChargeEntries).compare(about, self.charged, self.booked_charged);
            let back = || format!("what is booked as given back to {}", about());
            books.of(Check::Corrections).compare(back, self.given_back, self.booked_back);
        }
    }
}

fn from_row(row: &SqliteRow) -> Result<Account> {
    let amount = |column| row.integer(column).map(i128::from);
    let kind = row.text("kind")?;
    let grant = GrantKind::from_name(&kind);
    if grant.is_none() && kind != "limit" {
        return Err(Error::corrupt(format!("an account is a `{kind}`")));
    }
    Ok(Account {
        id: row.id("account_id")?,
        grant,
        amount: amount("amount")?,
        spent: amount("spent")?,
        leased: amount("leased")?,
        reserved: amount("reserved")?,
        opened_with: amount("opened_with")?,
        refunded: amount("refunded")?,
        expired: amount("expired")?,
        written_off: amount("written_off")?,
        ceiling: amount("ceiling")?,
        leases: 0,
        lost: 0,
        charged: 0,
        given_back: 0,
        booked: 0,
        booked_charged: 0,
        booked_back: 0,
    })
}
