-- Accounts, and what makes them: grants and limits.

-- What counts: a grant, or one period of one limit. Nothing is reset in place: a new period is a
-- new account. available = amount - spent - leased - reserved, and never below nothing.
CREATE TABLE accounts (
    shard       INTEGER NOT NULL,
    org_id      BLOB    NOT NULL,
    account_id  BLOB    NOT NULL, -- a grant's account bears the grant's id
    number      INTEGER NOT NULL, -- a short name within this file, which lines of charges use
    kind        TEXT    NOT NULL, -- 'limit', or the kind of the grant
    limit_id    BLOB,             -- the limit that it is a period of
    start_at    INTEGER NOT NULL, -- frozen for a limit's period, whatever the organisation's zone becomes
    end_at      INTEGER NOT NULL,
    amount      INTEGER NOT NULL, -- micro-credits: the ceiling, or what was granted
    spent       INTEGER NOT NULL, -- micro-credits: charged, opened_with included
    leased      INTEGER NOT NULL, -- micro-credits: with gateways, the sum of its leases
    reserved    INTEGER NOT NULL, -- micro-credits: held for jobs, with no gateway
    opened_with INTEGER NOT NULL, -- micro-credits: what its scope had spent when the period's account was made
    closed      INTEGER NOT NULL, -- 1: its limit was removed; revived, the limit opens another
    version     INTEGER NOT NULL, -- counted up by each change of the figures

    CONSTRAINT accounts_pk          PRIMARY KEY (shard, org_id, account_id),
    CONSTRAINT accounts_id          UNIQUE (shard, account_id),
    CONSTRAINT accounts_number      UNIQUE (number),
    CONSTRAINT accounts_org         FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT accounts_of_a_limit  FOREIGN KEY (shard, org_id, limit_id)
        REFERENCES limits (shard, org_id, limit_id),
    CONSTRAINT accounts_account_id  CHECK (length(account_id) = 16),
    CONSTRAINT accounts_kind        CHECK (kind IN ('limit', 'seat', 'promo', 'allocation', 'top_up')),
    CONSTRAINT accounts_limit       CHECK ((kind = 'limit') = (limit_id IS NOT NULL)),
    CONSTRAINT accounts_amount      CHECK (amount >= 0),
    CONSTRAINT accounts_spent       CHECK (spent >= opened_with),
    CONSTRAINT accounts_leased      CHECK (leased >= 0),
    CONSTRAINT accounts_reserved    CHECK (reserved >= 0),
    CONSTRAINT accounts_opened_with CHECK (opened_with >= 0),
    CONSTRAINT accounts_closed      CHECK (closed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The periods that have not ended: few, however many there were.
CREATE INDEX accounts_open ON accounts (shard, org_id, end_at) WHERE limit_id IS NOT NULL AND closed = 0;
CREATE INDEX accounts_of_limit ON accounts (shard, org_id, limit_id, start_at) WHERE limit_id IS NOT NULL;

-- The part of an account that one start of a gateway may spend without asking.
CREATE TABLE leases (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    account_id BLOB    NOT NULL,
    node       INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    amount     INTEGER NOT NULL, -- micro-credits: granted, less what was reported spent or given back

    CONSTRAINT leases_pk      PRIMARY KEY (shard, org_id, account_id, node, epoch),
    CONSTRAINT leases_account FOREIGN KEY (shard, org_id, account_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT leases_amount  CHECK (amount >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX leases_of_node ON leases (node, epoch);

-- Credits that an organisation may spend; kind, amount and term stand in the account of the same id.
CREATE TABLE grants (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    grant_id   BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    everyone   INTEGER NOT NULL, -- 1: every member may burn it; 0: those in grant_access

    CONSTRAINT grants_pk       PRIMARY KEY (shard, org_id, grant_id),
    CONSTRAINT grants_account  FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT grants_everyone CHECK (everyone IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The only members, and members of groups, that may burn a grant.
CREATE TABLE grant_access (
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    grant_id  BLOB    NOT NULL,
    place     INTEGER NOT NULL,
    member_id BLOB,
    group_id  BLOB,

    CONSTRAINT grant_access_pk     PRIMARY KEY (shard, org_id, grant_id, place),
    CONSTRAINT grant_access_grant  FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES grants (shard, org_id, grant_id),
    CONSTRAINT grant_access_member FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id),
    CONSTRAINT grant_access_group  FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id),
    CONSTRAINT grant_access_one    CHECK ((member_id IS NULL) <> (group_id IS NULL))
) STRICT, WITHOUT ROWID;

-- Named requests for grants: the same name again makes no second grant.
CREATE TABLE grant_requests (
    shard       INTEGER NOT NULL,
    org_id      BLOB    NOT NULL,
    name        TEXT    NOT NULL, -- the request's idempotency key
    fingerprint BLOB    NOT NULL, -- of what was asked for
    grant_id    BLOB    NOT NULL,
    change_seq  INTEGER NOT NULL, -- the change that it made

    CONSTRAINT grant_requests_pk    PRIMARY KEY (shard, org_id, name),
    CONSTRAINT grant_requests_grant FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES grants (shard, org_id, grant_id)
) STRICT, WITHOUT ROWID;

-- Ceilings on what a scope may spend in a period; each period that was opened is an account.
CREATE TABLE limits (
    shard         INTEGER NOT NULL,
    org_id        BLOB    NOT NULL,
    limit_id      BLOB    NOT NULL,
    scope         TEXT    NOT NULL,
    scope_id      BLOB,             -- the key, member, project or group; NULL for the organisation
    tool          TEXT,             -- the one tool it counts; NULL: all
    period        TEXT    NOT NULL,
    amount        INTEGER NOT NULL, -- micro-credits: the ceiling of a period
    opens_at_zero INTEGER NOT NULL, -- 1: its next account ignores what its scope has spent
    removed       INTEGER NOT NULL, -- 1: counts no more

    CONSTRAINT limits_pk            PRIMARY KEY (shard, org_id, limit_id),
    CONSTRAINT limits_org           FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT limits_limit_id      CHECK (length(limit_id) = 16),
    CONSTRAINT limits_scope         CHECK (scope IN ('key', 'member', 'project', 'group', 'org')),
    CONSTRAINT limits_scope_id      CHECK ((scope = 'org') = (scope_id IS NULL)),
    CONSTRAINT limits_period        CHECK (period IN ('day', 'week', 'month', 'cycle', 'total')),
    CONSTRAINT limits_amount        CHECK (amount >= 0),
    CONSTRAINT limits_opens_at_zero CHECK (opens_at_zero IN (0, 1)),
    CONSTRAINT limits_removed       CHECK (removed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The identity of a limit, of which there is one at a time.
CREATE UNIQUE INDEX limits_identity
    ON limits (shard, org_id, scope, ifnull(scope_id, x''), ifnull(tool, ''), period)
    WHERE removed = 0;
