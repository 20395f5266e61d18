//! Living through the history as a gateway would: lease, admit, settle, sync, day by day.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow, bail};
use bursar_config::PriceBook;
use ledger::{
    AccountId, Admission, Book, Cause, Change, Charge, Credits, Ending, Epoch, Grant, HoldId,
    Instant, NodeId, PathKey, Period, Price, Quote,
};
use store::{GiveBack, Key, Member, Org, Refill, Registration, Spend, Store, SyncRequest};

use super::Times;
use super::credits::price;
use super::history::{Fate, Request};

/// The node that lives through it; no gateway has this name but by a chance of 1 in 4 billion.
const NODE: NodeId = NodeId(0x5eed);

/// Whose credits they are.
pub(super) struct Standings<'a> {
    pub(super) members: &'a [Member],
    pub(super) keys: &'a [Key],
    pub(super) grants: &'a [Grant],
}

/// Has the requests charged, each at its time; what was leased for that goes back at the end.
///
/// # Errors
/// The store refuses, a price is missing, or the credits do not suffice.
pub(super) async fn live_through(
    store: &dyn Store,
    org: &Org,
    standings: &Standings<'_>,
    prices: &PriceBook,
    requests: &[Request],
    when: &Times,
) -> anyhow::Result<()> {
    let mut node = Node::register(store, org, standings, when.start).await?;
    let mut requests = requests.iter().peekable();
    let (mut at, mut end) = when.calendar.span(Period::Day, when.start)?;
    while at < when.now {
        node.sync(at).await?;
        while let Some(request) = requests.next_if(|request| request.admitted < end) {
            node.charge(request, prices)?;
        }
        (at, end) = when.calendar.span(Period::Day, end)?;
    }
    node.end(when.now).await
}

/// A node with a book of its own.
struct Node<'a> {
    store: &'a dyn Store,
    book: Book,
    epoch: Epoch,
    seq: u64,
    lsn: u64,
    charged: u64,
    unreported: Vec<Charge>,
    /// Grants whose time has not come yet.
    to_lease: Vec<&'a Grant>,
}

impl<'a> Node<'a> {
    async fn register(
        store: &'a dyn Store,
        org: &Org,
        standings: &Standings<'a>,
        now: Instant,
    ) -> anyhow::Result<Self> {
        let registration = Registration { node: NODE, journal: 1, last_lsn: 0, now, control: None };
        let registered = store.register(&registration).await?;
        store.recovered(NODE, registered.epoch).await?;
        let mut book = Book::new(org.id, ledger::Leases::Everything);
        let members = standings.members.iter().map(|it| Change::Member(it.standing.clone()));
        let keys = standings.keys.iter().map(|it| Change::Key(it.standing.clone()));
        let grants = standings.grants.iter();
        let grants = grants.map(|it| Change::Grant {
            grant: it.clone(),
            spent: Credits::ZERO,
            refunded: Credits::ZERO,
        });
        for change in members.chain(keys).chain(grants) {
            book.apply(change, now);
        }
        Ok(Self {
            store,
            book,
            epoch: registered.epoch,
            seq: 0,
            lsn: 0,
            charged: 0,
            unreported: Vec::new(),
            to_lease: standings.grants.iter().collect(),
        })
    }

    /// Admits and settles a request.
    fn charge(&mut self, request: &Request, prices: &PriceBook) -> anyhow::Result<()> {
        let model = price(prices, request.provider, &request.tool, request.model)?;
        let most = cost(&model.price, &request.most)?;
        self.charged += 1;
        let hold = HoldId { node: NODE, epoch: self.epoch, n: self.charged };
        let path = self.book.path(&PathKey {
            member: request.member,
            key: Some(request.key),
            group: None,
            project: None,
            tool: Some(request.tool.clone()),
        });
        let admission = self.book.admit(hold, path, Quote::exactly(most), request.admitted);
        let Admission::Held(hold) = admission else {
            bail!("a request that was to be served is not: {admission:?}");
        };
        let (group, project) = (hold.group(), hold.project());
        let failed = request.fate == Fate::Failed;
        let (ending, usage, outputs, status) = match request.fate {
            Fate::Served => (Ending::Settled, request.usage, request.outputs, 200),
            Fate::HungUp => (Ending::Estimated, request.usage, 0, 200),
            Fate::Failed => (Ending::Released(Cause::ProviderError), Default::default(), 0, 500),
        };
        let settlement =
            if failed { hold.release() } else { hold.settle(cost(&model.price, &usage)?) };
        self.unreported.push(Charge {
            hold: settlement.hold(),
            org: self.book.org(),
            member: request.member,
            key: Some(request.key),
            group,
            project,
            surface: request.surface,
            tool: request.tool.clone(),
            provider: request.provider.into(),
            model: request.model.into(),
            admitted: request.admitted,
            ended: request.ended,
            ending,
            usage,
            outputs,
            held: settlement.held(),
            charged: settlement.charged(),
            overrun: settlement.overrun(),
            lines: Charge::lines_of(&settlement),
            price_book: prices.version.clone(),
            body_hash: request.body_hash,
            status,
        });
        self.book.close(settlement, request.ended);
        Ok(())
    }

    /// Reports the charges so far, and leases the grants that have begun.
    async fn sync(&mut self, now: Instant) -> anyhow::Result<()> {
        self.book.retire_ended(now);
        let (begun, to_come) = self.to_lease.drain(..).partition(|grant| grant.start <= now);
        self.to_lease = to_come;
        let begun: Vec<&Grant> = begun;
        let refill = begun.iter().map(|it| Refill::everything(it.id.into()));
        self.exchange(now, refill.collect()).await
    }

    /// Reports the last charges, and gives back everything.
    async fn end(mut self, now: Instant) -> anyhow::Result<()> {
        self.book.retire_ended(now);
        let accounts: Vec<_> = self.book.accounts().map(ledger::Account::id).collect();
        for account in accounts {
            self.book.give_back(account, Credits::MAX);
        }
        self.exchange(now, Vec::new()).await
    }

    async fn exchange(&mut self, now: Instant, refill: Vec<Refill>) -> anyhow::Result<()> {
        let events = std::mem::take(&mut self.unreported);
        let report = spends(&events)?;
        let returns = self.book.take_returns();
        self.seq += 1;
        // As if each had its record in a journal.
        self.lsn += u64::try_from(events.len() + returns.len())?;
        let give_back = returns.into_iter();
        let give_back = give_back.map(|(account, amount)| GiveBack { account, amount }).collect();
        let request = SyncRequest {
            node: NODE,
            epoch: self.epoch,
            shard: self.book.org().shard(),
            seq: self.seq,
            lsn: self.lsn,
            now,
            report,
            give_back,
            regranted: Vec::new(),
            ask: Vec::new(),
            refill,
            events,
            keyed: Vec::new(),
        };
        for granted in self.store.sync(&request).await?.granted {
            let (account, amount) = (granted.account, granted.amount);
            self.book.apply(Change::Leased(vec![(account, amount)]), now);
        }
        Ok(())
    }
}

/// What was spent of each account.
fn spends(events: &[Charge]) -> anyhow::Result<Vec<Spend>> {
    let mut spent: BTreeMap<AccountId, Credits> = BTreeMap::new();
    for line in events.iter().flat_map(|event| &event.lines) {
        let sum = spent.entry(line.account).or_default();
        *sum = sum.checked_add(line.amount).context("more was spent than there are credits")?;
    }
    Ok(spent.into_iter().map(|(account, amount)| Spend { account, amount }).collect())
}

fn cost(price: &Price, usage: &ledger::Usage) -> anyhow::Result<Credits> {
    price.cost(usage).map_err(|error| anyhow!("{error}"))
}
