//! An organisation of one's own making, for the rules one by one.
//!
//! It has a member, Ada, at home in a group, with a key. Amounts are micro-credits, instants are
//! seconds; everything is leased as soon as it is there.

use ledger::{
    Access, Account, AccountId, Admission, Book, Change, Credits, Decided, Epoch, Grant, GrantId,
    GrantKind, GroupId, Hold, HoldId, Instant, KeyId, KeyStanding, KeyStatus, Leases, Limit,
    LimitId, MemberId, MemberStanding, MemberStatus, NodeId, OrgId, PathKey, Period, PeriodOpened,
    Quote, Refusal, Scope, Short, Ticket, Tool,
};

pub(crate) const ADA: MemberId = MemberId::from_u128(1);
pub(crate) const BEN: MemberId = MemberId::from_u128(2);
pub(crate) const DESIGN: GroupId = GroupId::from_u128(1);
pub(crate) const SALES: GroupId = GroupId::from_u128(2);
pub(crate) const KEY: KeyId = KeyId::from_u128(1);

pub(crate) fn credits(micros: u64) -> Credits {
    Credits::from_micros(micros).unwrap()
}

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

pub(crate) fn chat() -> Tool {
    Tool::new("chatbot")
}

pub(crate) fn elastic(least: u64, most: u64) -> Quote {
    Quote { least: credits(least), most: credits(most) }
}

/// Ada with her key, on the chatbot.
pub(crate) fn ada() -> PathKey {
    PathKey { member: ADA, key: Some(KEY), group: None, project: None, tool: Some(chat()) }
}

/// Ben with a token, on the chatbot.
pub(crate) fn ben() -> PathKey {
    PathKey { member: BEN, key: None, ..ada() }
}

pub(crate) fn key() -> KeyStanding {
    KeyStanding {
        id: KEY,
        member: ADA,
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: None,
        project: None,
        tools: None,
    }
}

pub(crate) fn member(id: MemberId, home: GroupId) -> MemberStanding {
    let (status, home, groups) = (MemberStatus::Active, Some(home), vec![home]);
    MemberStanding { id, status, home, groups, tools: None }
}

/// A grant to everyone that never ends.
pub(crate) fn grant(n: u128, kind: GrantKind, amount: u64) -> Grant {
    Grant {
        id: GrantId::from_u128(n),
        kind,
        amount: credits(amount),
        start: Instant::MIN,
        end: Instant::MAX,
        created: Instant::MIN,
        access: Access::Everyone,
    }
}

pub(crate) fn limit(n: u128, scope: Scope, amount: u64) -> Limit {
    let (id, amount) = (LimitId::from_u128(n), credits(amount));
    Limit { id, scope, tool: None, period: Period::Total, amount }
}

/// The period of a limit from one second to another; its account is named after both.
pub(crate) fn period(limit: &Limit, from: i64, to: i64) -> PeriodOpened {
    let account = AccountId::from_u128(limit.id.as_u128() << 64 | u128::try_from(from).unwrap());
    let (spent, refunded) = (Credits::ZERO, Credits::ZERO);
    PeriodOpened { limit: limit.id, account, start: at(from), end: at(to), spent, refunded }
}

pub(crate) struct Org {
    pub(crate) book: Book,
    pub(crate) now: Instant,
    arrivals: u64,
}

impl Org {
    pub(crate) fn new() -> Self {
        Self::leasing(Leases::Everything)
    }

    /// An organisation whose accounts are shared with other gateways, of which it has a grant to
    /// everyone without any lease.
    pub(crate) fn sharing(amount: u64) -> (Self, AccountId) {
        let mut org = Self::leasing(Leases::Shared);
        let account = org.unleased(grant(1_000, GrantKind::TopUp, amount));
        (org, account)
    }

    fn leasing(leases: Leases) -> Self {
        let book = Book::new(OrgId::from_u128(1), leases);
        let mut org = Self { book, now: at(0), arrivals: 0 };
        org.apply(Change::Member(member(ADA, DESIGN)));
        org.apply(Change::Member(member(BEN, SALES)));
        org.apply(Change::Key(key()));
        org
    }

    /// An organisation with one grant to everyone.
    pub(crate) fn with(amount: u64) -> Self {
        let mut org = Self::new();
        org.grant(grant(1_000, GrantKind::TopUp, amount));
        org
    }

    /// Takes a change in that decides nobody.
    pub(crate) fn apply(&mut self, change: Change) {
        assert_eq!(self.change(change), Vec::new());
    }

    pub(crate) fn change(&mut self, change: Change) -> Decided {
        self.book.apply(change, self.now)
    }

    pub(crate) fn grant(&mut self, grant: Grant) -> AccountId {
        let amount = grant.amount;
        let account = self.unleased(grant);
        self.apply(Change::Leased(vec![(account, amount)]));
        account
    }

    pub(crate) fn unleased(&mut self, grant: Grant) -> AccountId {
        let account = grant.id.into();
        self.apply(Change::Grant { grant, spent: Credits::ZERO, refunded: Credits::ZERO });
        account
    }

    /// A limit with a period of the first hundred seconds, of which nothing is leased.
    pub(crate) fn unleased_limit(&mut self, limit: Limit) -> AccountId {
        let opened = period(&limit, 0, 100);
        self.apply(Change::Limit(limit));
        self.apply(Change::PeriodOpened(opened));
        opened.account
    }

    /// A limit with a period of the first hundred seconds.
    pub(crate) fn limit(&mut self, limit: Limit) -> AccountId {
        let opened = period(&limit, 0, 100);
        self.apply(Change::Limit(limit.clone()));
        self.open(&limit, opened)
    }

    pub(crate) fn open(&mut self, limit: &Limit, opened: PeriodOpened) -> AccountId {
        let account = opened.account;
        self.apply(Change::PeriodOpened(opened));
        self.apply(Change::Leased(vec![(account, limit.amount)]));
        account
    }

    pub(crate) fn ask(&mut self, caller: &PathKey, quote: Quote) -> Admission {
        let path = self.book.path(caller);
        self.arrivals += 1;
        let id = HoldId { node: NodeId(1), epoch: Epoch(1), n: self.arrivals };
        self.book.admit(id, path, quote, self.now)
    }

    pub(crate) fn hold(&mut self, caller: &PathKey, amount: u64) -> Hold {
        match self.ask(caller, Quote::exactly(credits(amount))) {
            Admission::Held(hold) => hold,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn wait(&mut self, caller: &PathKey, amount: u64) -> Ticket {
        match self.ask(caller, Quote::exactly(credits(amount))) {
            Admission::Waiting(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn refusal(&mut self, caller: &PathKey, amount: u64) -> Refusal {
        match self.ask(caller, Quote::exactly(credits(amount))) {
            Admission::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn short(&mut self, caller: &PathKey, amount: u64) -> Short {
        match self.refusal(caller, amount) {
            Refusal::Short(short) => *short,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn extend(&mut self, hold: &Hold, caller: &PathKey, amount: u64) -> Admission {
        let path = self.book.path(caller);
        self.book.extend(hold, path, Quote::exactly(credits(amount)), self.now)
    }

    /// Ends a hold with a cost; decides nobody.
    pub(crate) fn settle(&mut self, hold: Hold, cost: u64) {
        assert_eq!(self.end(hold, cost), Vec::new());
    }

    pub(crate) fn end(&mut self, hold: Hold, cost: u64) -> Decided {
        self.book.close(hold.settle(credits(cost)), self.now)
    }

    pub(crate) fn account(&self, id: AccountId) -> &Account {
        self.book.accounts().find(|account| account.id() == id).unwrap()
    }

    /// What is free, held and owed of an account.
    pub(crate) fn figures(&self, id: AccountId) -> (u64, u64, u64) {
        let account = self.account(id);
        (account.free().micros(), account.held().micros(), account.owed().micros())
    }

    /// What went back to the store since the last time, in micro-credits.
    pub(crate) fn returned(&mut self) -> Vec<(AccountId, u64)> {
        let returns = self.book.take_returns().into_iter();
        returns.map(|(account, amount)| (account, amount.micros())).collect()
    }
}

/// What a hold has of each grant, in the order they burn.
pub(crate) fn burnt(hold: &Hold) -> Vec<(AccountId, u64)> {
    let parts = hold.parts().iter().filter(|part| part.grant.is_some());
    parts.map(|part| (part.account, part.amount.micros())).collect()
}

/// The one waiter that was decided, and its hold.
pub(crate) fn held(decided: Decided) -> (Ticket, Hold) {
    let [(ticket, Ok(hold))] = <[_; 1]>::try_from(decided).unwrap() else {
        panic!("refused");
    };
    (ticket, hold)
}
