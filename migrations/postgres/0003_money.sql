-- Accounts, and what makes them: grants and limits.

CREATE TABLE limits (
    shard         smallint NOT NULL,
    org_id        uuid     NOT NULL,
    limit_id      uuid     NOT NULL,
    scope         text     NOT NULL,
    scope_id      uuid,
    tool          text,
    period        text     NOT NULL,
    amount        bigint   NOT NULL,
    opens_at_zero boolean  NOT NULL,
    removed       boolean  NOT NULL,

    CONSTRAINT limits_pk       PRIMARY KEY (shard, org_id, limit_id),
    CONSTRAINT limits_org      FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT limits_scope    CHECK (scope IN ('key', 'member', 'project', 'group', 'org')),
    CONSTRAINT limits_scope_id CHECK ((scope = 'org') = (scope_id IS NULL)),
    CONSTRAINT limits_period   CHECK (period IN ('day', 'week', 'month', 'cycle', 'total')),
    CONSTRAINT limits_amount   CHECK (amount >= 0)
);

-- The identity of a limit, of which there is one at a time.
CREATE UNIQUE INDEX limits_identity
    ON limits (shard, org_id, scope, scope_id, tool, period) NULLS NOT DISTINCT
    WHERE NOT removed;

COMMENT ON TABLE limits IS
    'Ceilings on what a scope may spend in a period; each period that was opened is an account.';
COMMENT ON COLUMN limits.scope_id IS
    'the key, member, project or group; NULL for the organisation';
COMMENT ON COLUMN limits.tool IS 'the one tool it counts; NULL: all';
COMMENT ON COLUMN limits.amount IS 'micro-credits: the ceiling of a period';
COMMENT ON COLUMN limits.opens_at_zero IS 'its next account ignores what its scope has spent';
COMMENT ON COLUMN limits.removed IS 'it counts no more';

-- Nothing is reset in place: a new period is a new account. For each account
--   available = amount - spent - leased - reserved - expired - written_off, and never below nothing
--   spent     = opened_with + what its usage events charged - refunded
CREATE TABLE accounts (
    shard        smallint NOT NULL,
    org_id       uuid     NOT NULL,
    account_id   uuid     NOT NULL,
    kind         text     NOT NULL,
    limit_id     uuid,
    start_at     bigint   NOT NULL,
    end_at       bigint   NOT NULL,
    amount       bigint   NOT NULL,
    ceiling      bigint   NOT NULL DEFAULT 0,
    spent        bigint   NOT NULL,
    leased       bigint   NOT NULL,
    reserved     bigint   NOT NULL,
    opened_with  bigint   NOT NULL,
    refunded     bigint   NOT NULL DEFAULT 0,
    expired      bigint   NOT NULL DEFAULT 0,
    written_off  bigint   NOT NULL DEFAULT 0,
    written_back bigint   NOT NULL DEFAULT 0,
    closed       boolean  NOT NULL,
    recalled     boolean  NOT NULL DEFAULT false,
    version      bigint   NOT NULL,
    unexpired    boolean  NOT NULL GENERATED ALWAYS AS
        (limit_id IS NULL AND expired < amount - spent - written_off) STORED,

    CONSTRAINT accounts_pk           PRIMARY KEY (shard, org_id, account_id),
    CONSTRAINT accounts_id           UNIQUE (shard, account_id),
    CONSTRAINT accounts_org          FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT accounts_of_a_limit   FOREIGN KEY (shard, org_id, limit_id)
        REFERENCES limits (shard, org_id, limit_id),
    CONSTRAINT accounts_kind         CHECK (kind IN ('limit', 'seat', 'promo', 'allocation', 'top_up')),
    CONSTRAINT accounts_limit        CHECK ((kind = 'limit') = (limit_id IS NOT NULL)),
    CONSTRAINT accounts_amount       CHECK (amount >= 0),
    CONSTRAINT accounts_ceiling      CHECK (ceiling >= 0),
    CONSTRAINT accounts_spent        CHECK (spent >= opened_with),
    CONSTRAINT accounts_leased       CHECK (leased >= 0),
    CONSTRAINT accounts_reserved     CHECK (reserved >= 0),
    CONSTRAINT accounts_opened_with  CHECK (opened_with >= 0),
    CONSTRAINT accounts_refunded     CHECK (refunded >= 0),
    CONSTRAINT accounts_expired      CHECK (expired >= 0 AND (expired = 0 OR limit_id IS NULL)),
    CONSTRAINT accounts_written_off  CHECK (written_off >= 0),
    CONSTRAINT accounts_written_back CHECK (written_back >= 0),
    CONSTRAINT accounts_never_over   CHECK (
        spent + leased + reserved + expired + written_off <= greatest(amount, ceiling))
) WITH (fillfactor = 50);

COMMENT ON TABLE accounts IS 'What counts: a grant, or one period of one limit.';
COMMENT ON COLUMN accounts.account_id IS 'a grant''s account bears the grant''s id';
COMMENT ON COLUMN accounts.kind IS '''limit'', or the kind of the grant';
COMMENT ON COLUMN accounts.limit_id IS 'the limit that it is a period of';
COMMENT ON COLUMN accounts.start_at IS
    'frozen for a limit''s period, whatever the organisation''s zone becomes';
COMMENT ON COLUMN accounts.amount IS 'micro-credits: the ceiling, or what was granted';
COMMENT ON COLUMN accounts.ceiling IS
    'micro-credits: what was taken when the amount was last changed; so much may be taken although it '
    'is more than the amount';
COMMENT ON COLUMN accounts.spent IS 'micro-credits: charged, opened_with included';
COMMENT ON COLUMN accounts.leased IS 'micro-credits: with gateways, the sum of its leases';
COMMENT ON COLUMN accounts.reserved IS 'micro-credits: held for jobs, with no gateway';
COMMENT ON COLUMN accounts.opened_with IS
    'micro-credits: what its scope had spent when the period''s account was made';
COMMENT ON COLUMN accounts.refunded IS 'micro-credits: given back by adjustments, ever';
COMMENT ON COLUMN accounts.expired IS 'micro-credits: of a grant, unspent when it ended';
COMMENT ON COLUMN accounts.written_off IS
    'micro-credits: lost with gateways that were given up, the sum of its leases'' parts';
COMMENT ON COLUMN accounts.written_back IS
    'micro-credits: written off and found unspent after all, ever';
COMMENT ON COLUMN accounts.closed IS 'its limit was removed; revived, the limit opens another';
COMMENT ON COLUMN accounts.recalled IS
    'a request waits for what gateways have leased of it: they give back what is free';
COMMENT ON COLUMN accounts.version IS 'counted up by each change of the figures';
COMMENT ON COLUMN accounts.unexpired IS
    'a grant of which something is left; apart, so that spending changes no indexed value';

-- The periods that have not ended: few, however many there were.
CREATE INDEX accounts_open ON accounts (shard, org_id, end_at) WHERE limit_id IS NOT NULL AND NOT closed;
CREATE INDEX accounts_of_limit ON accounts (shard, org_id, limit_id, start_at) WHERE limit_id IS NOT NULL;
-- An organisation's grants by their end: those that live now are few.
CREATE INDEX accounts_grants ON accounts (shard, org_id, end_at) WHERE limit_id IS NULL;
-- The grants of which something is left to expire, over all organisations.
CREATE INDEX accounts_unexpired ON accounts (end_at) WHERE unexpired;
-- Those that somebody waits for: few at any time.
CREATE INDEX accounts_recalled ON accounts (shard, account_id) WHERE recalled;

-- A new period opens with what its scope has spent, which may be more than its amount, and a lowered
-- amount takes nothing from anybody.
CREATE FUNCTION accounts_set_ceiling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ceiling := NEW.spent + NEW.leased + NEW.reserved + NEW.expired + NEW.written_off;
    RETURN NEW;
END
$$;

CREATE TRIGGER accounts_begin BEFORE INSERT ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_set_ceiling();
CREATE TRIGGER accounts_amount_changes BEFORE UPDATE OF amount ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_set_ceiling();

CREATE TABLE leases (
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    account_id  uuid     NOT NULL,
    node        bigint   NOT NULL,
    epoch       bigint   NOT NULL,
    amount      bigint   NOT NULL,
    written_off bigint   NOT NULL DEFAULT 0,

    CONSTRAINT leases_pk          PRIMARY KEY (shard, org_id, account_id, node, epoch),
    CONSTRAINT leases_account     FOREIGN KEY (shard, org_id, account_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT leases_amount      CHECK (amount >= 0),
    CONSTRAINT leases_written_off CHECK (written_off >= 0)
) WITH (fillfactor = 50);

CREATE INDEX leases_of_node ON leases (node, epoch);

COMMENT ON TABLE leases IS
    'The part of an account that one start of a gateway may spend without asking.';
COMMENT ON COLUMN leases.amount IS
    'micro-credits: granted, less what was reported spent or given back';
COMMENT ON COLUMN leases.written_off IS
    'micro-credits: no lease any more, since the gateway was given up; only charges of its journal spend it';

CREATE TABLE grants (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    grant_id   uuid     NOT NULL,
    created_at bigint   NOT NULL,
    everyone   boolean  NOT NULL,

    CONSTRAINT grants_pk      PRIMARY KEY (shard, org_id, grant_id),
    CONSTRAINT grants_account FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES accounts (shard, org_id, account_id)
);

COMMENT ON TABLE grants IS
    'Credits that an organisation may spend; kind, amount and term stand in the account of the same id.';
COMMENT ON COLUMN grants.everyone IS 'every member may burn it; if not, those in grant_access';

CREATE TABLE grant_access (
    shard     smallint NOT NULL,
    org_id    uuid     NOT NULL,
    grant_id  uuid     NOT NULL,
    place     integer  NOT NULL,
    member_id uuid,
    group_id  uuid,

    CONSTRAINT grant_access_pk     PRIMARY KEY (shard, org_id, grant_id, place),
    CONSTRAINT grant_access_grant  FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES grants (shard, org_id, grant_id),
    CONSTRAINT grant_access_member FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id),
    CONSTRAINT grant_access_group  FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id),
    CONSTRAINT grant_access_one    CHECK ((member_id IS NULL) <> (group_id IS NULL))
);

COMMENT ON TABLE grant_access IS 'The only members, and members of groups, that may burn a grant.';

CREATE TABLE grant_requests (
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    name        text     NOT NULL,
    fingerprint bytea    NOT NULL,
    grant_id    uuid     NOT NULL,
    change_seq  bigint   NOT NULL,

    CONSTRAINT grant_requests_pk          PRIMARY KEY (shard, org_id, name),
    CONSTRAINT grant_requests_grant       FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES grants (shard, org_id, grant_id),
    CONSTRAINT grant_requests_fingerprint CHECK (length(fingerprint) = 32)
);

COMMENT ON TABLE grant_requests IS
    'Named requests for grants: the same name again makes no second grant.';
COMMENT ON COLUMN grant_requests.name IS 'the request''s idempotency key';
COMMENT ON COLUMN grant_requests.fingerprint IS 'of what was asked for';
COMMENT ON COLUMN grant_requests.change_seq IS 'the change that it made';

CREATE TABLE compensations (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    grant_id   uuid     NOT NULL,
    node       bigint   NOT NULL,
    epoch      bigint   NOT NULL,
    amount     bigint   NOT NULL,
    taken_back boolean  NOT NULL DEFAULT false,

    CONSTRAINT compensations_pk     PRIMARY KEY (shard, org_id, grant_id),
    CONSTRAINT compensations_grant  FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES grants (shard, org_id, grant_id),
    CONSTRAINT compensations_amount CHECK (amount > 0)
);

CREATE INDEX compensations_of_node ON compensations (node) WHERE NOT taken_back;

COMMENT ON TABLE compensations IS
    'Grants that an organisation was given for what was lost with a gateway, at the platform''s cost.';
COMMENT ON COLUMN compensations.epoch IS 'the one that was begun for nobody when the gateway was retired';
COMMENT ON COLUMN compensations.amount IS
    'micro-credits: what was written off of the organisation''s grants';
COMMENT ON COLUMN compensations.taken_back IS
    'the gateway''s journal has turned up, and what was unspent is the platform''s again';
