-- The money ledger, corrections of charges, and what accounts have reached.

CREATE TABLE counters (
    shard            smallint NOT NULL,
    org_id           uuid     NOT NULL,
    transfers        bigint   NOT NULL DEFAULT 0,
    threshold_events bigint   NOT NULL DEFAULT 0,

    CONSTRAINT counters_pk               PRIMARY KEY (shard, org_id),
    CONSTRAINT counters_org              FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT counters_transfers        CHECK (transfers >= 0),
    CONSTRAINT counters_threshold_events CHECK (threshold_events >= 0)
) WITH (fillfactor = 20);

-- An organisation comes with its counters.
CREATE FUNCTION orgs_begin_to_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO counters (shard, org_id) VALUES (NEW.shard, NEW.org_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER orgs_begin AFTER INSERT ON orgs
    FOR EACH ROW EXECUTE FUNCTION orgs_begin_to_count();

COMMENT ON TABLE counters IS
    'The last numbers of each organisation: counted up inside the transaction that uses them, so that '
    'they commit in order and without a hole. The row is also the lock of an organisation''s books: who '
    'needs it takes it before its accounts.';
COMMENT ON COLUMN counters.transfers IS 'the last entries.transfer';
COMMENT ON COLUMN counters.threshold_events IS 'the last threshold_events.number';

CREATE TABLE entries (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    transfer   bigint   NOT NULL,
    line       integer  NOT NULL,
    kind       text     NOT NULL,
    at         bigint   NOT NULL,
    book       text     NOT NULL,
    account_id uuid,
    amount     bigint   NOT NULL,
    node       bigint,
    epoch      bigint,
    n          bigint,
    seq        bigint,
    actor      text,
    reason     text,

    CONSTRAINT entries_pk         PRIMARY KEY (shard, org_id, transfer, line),
    CONSTRAINT entries_account    FOREIGN KEY (shard, org_id, account_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT entries_kind       CHECK (kind IN (
        'grant',      -- issued -> grant: given; the other way where a grant was lowered
        'top_up',     -- the same, bought
        'charge',     -- grant -> consumed: what the requests of one sync took of one grant
        'overrun',    -- platform -> consumed: what they cost above their holds
        'expiry',     -- grant -> expired: unspent when it ended; the other way where the end was put off
        'refund',     -- consumed -> grant: a charge that was given back whole
        'adjustment', -- consumed -> grant: a charge that was lowered
        'write_off'   -- grant -> consumed: lost with a gateway, platform -> grant: made up for; the other
                      -- way where its journal turned up
    )),
    CONSTRAINT entries_book       CHECK (book IN ('issued', 'grant', 'consumed', 'expired', 'platform')),
    CONSTRAINT entries_account_id CHECK ((book = 'grant') = (account_id IS NOT NULL)),
    CONSTRAINT entries_amount     CHECK (amount <> 0),
    CONSTRAINT entries_transfer   CHECK (transfer > 0 AND line > 0),
    CONSTRAINT entries_cause      CHECK (seq IS NULL OR n IS NULL)
);

COMMENT ON TABLE entries IS
    'The money ledger: every movement of credits is a transfer, every transfer two lines or more that '
    'sum to zero. Only ever added to. For each grant, the sum of its lines is '
    'amount - spent - expired - written_off.';
COMMENT ON COLUMN entries.transfer IS
    'counted up from 1 within the organisation, from counters.transfers';
COMMENT ON COLUMN entries.line IS 'from 1 within the transfer';
COMMENT ON COLUMN entries.kind IS 'see entries_kind';
COMMENT ON COLUMN entries.at IS 'the instant of what caused it';
COMMENT ON COLUMN entries.book IS 'what the line is about; see entries_book';
COMMENT ON COLUMN entries.account_id IS 'the grant, where the book is ''grant''';
COMMENT ON COLUMN entries.amount IS 'micro-credits: into the book; negative, out of it';
COMMENT ON COLUMN entries.node IS
    'node, epoch and seq: the sync that made it; node, epoch and n: the request that a correction is '
    'about; node and epoch: the gateway that was retired';
COMMENT ON COLUMN entries.actor IS 'who corrected';
COMMENT ON COLUMN entries.reason IS 'and why';

CREATE TABLE adjustments (
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    node        bigint   NOT NULL,
    epoch       bigint   NOT NULL,
    n           bigint   NOT NULL,
    admitted_at bigint   NOT NULL,
    number      integer  NOT NULL,
    account_id  uuid     NOT NULL,
    amount      bigint   NOT NULL,
    actor       text     NOT NULL,
    reason      text     NOT NULL,
    at          bigint   NOT NULL,

    CONSTRAINT adjustments_pk      PRIMARY KEY (shard, org_id, node, epoch, n, number, account_id),
    CONSTRAINT adjustments_event   FOREIGN KEY (shard, org_id, node, epoch, n, admitted_at)
        REFERENCES usage_events (shard, org_id, node, epoch, n, admitted_at),
    CONSTRAINT adjustments_account FOREIGN KEY (shard, org_id, account_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT adjustments_number  CHECK (number > 0),
    CONSTRAINT adjustments_amount  CHECK (amount > 0)
);

COMMENT ON TABLE adjustments IS
    'Corrections of charges: a row for each account that got something back. The event stays as it was; '
    'what a request is charged now is its charge less what its grants got back. Only ever added to.';
COMMENT ON COLUMN adjustments.node IS 'node, epoch and n: the event, admitted at admitted_at';
COMMENT ON COLUMN adjustments.number IS 'counts the corrections of the event from 1';
COMMENT ON COLUMN adjustments.amount IS 'micro-credits: given back to the account';

CREATE TABLE adjustment_requests (
    shard          smallint NOT NULL,
    org_id         uuid     NOT NULL,
    name           text     NOT NULL,
    fingerprint    bytea    NOT NULL,
    charged_before bigint   NOT NULL,
    charged_after  bigint   NOT NULL,
    change_seq     bigint   NOT NULL,

    CONSTRAINT adjustment_requests_pk            PRIMARY KEY (shard, org_id, name),
    CONSTRAINT adjustment_requests_org           FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT adjustment_requests_fingerprint   CHECK (length(fingerprint) = 32),
    CONSTRAINT adjustment_requests_charged_after CHECK (charged_after BETWEEN 0 AND charged_before)
);

COMMENT ON TABLE adjustment_requests IS
    'Named requests for corrections: the same name again corrects nothing more.';
COMMENT ON COLUMN adjustment_requests.name IS 'the request''s idempotency key';
COMMENT ON COLUMN adjustment_requests.fingerprint IS 'of what was asked for';
COMMENT ON COLUMN adjustment_requests.charged_before IS 'micro-credits: charged until then';
COMMENT ON COLUMN adjustment_requests.charged_after IS 'micro-credits: charged from then on';
COMMENT ON COLUMN adjustment_requests.change_seq IS 'the last change that it made';

CREATE TABLE indeterminate_events (
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    node        bigint   NOT NULL,
    epoch       bigint   NOT NULL,
    n           bigint   NOT NULL,
    admitted_at bigint   NOT NULL,

    CONSTRAINT indeterminate_events_pk    PRIMARY KEY (shard, org_id, node, epoch, n),
    CONSTRAINT indeterminate_events_event FOREIGN KEY (shard, org_id, node, epoch, n, admitted_at)
        REFERENCES usage_events (shard, org_id, node, epoch, n, admitted_at)
);

COMMENT ON TABLE indeterminate_events IS
    'The events that were charged by a journal after its gateway died: few, to be found without a search.';

CREATE TABLE threshold_events (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    number     bigint   NOT NULL,
    account_id uuid     NOT NULL,
    threshold  text     NOT NULL,
    at         bigint   NOT NULL,
    amount     bigint   NOT NULL,
    remaining  bigint   NOT NULL,

    CONSTRAINT threshold_events_pk        PRIMARY KEY (shard, org_id, number),
    CONSTRAINT threshold_events_once      UNIQUE (shard, org_id, account_id, threshold),
    CONSTRAINT threshold_events_account   FOREIGN KEY (shard, org_id, account_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT threshold_events_threshold CHECK (threshold IN (
        'limit_80',         -- 80 % of a limit's period are spent
        'limit_100',        -- all of it
        'credits_low',      -- the grants that live have 20 % of their sum left, or less
        'credits_exhausted' -- they have nothing left
    )),
    CONSTRAINT threshold_events_amount    CHECK (amount >= 0),
    CONSTRAINT threshold_events_remaining CHECK (remaining >= 0)
);

COMMENT ON TABLE threshold_events IS
    'What accounts have reached, each threshold once: written in the transaction that caused it, for '
    'alerts and mail to read on from the number that they know. Only ever added to.';
COMMENT ON COLUMN threshold_events.number IS
    'counted up from 1 within the organisation, from counters.threshold_events';
COMMENT ON COLUMN threshold_events.account_id IS
    'the limit''s period, or the grant that moved last';
COMMENT ON COLUMN threshold_events.threshold IS 'see threshold_events_threshold';
COMMENT ON COLUMN threshold_events.at IS 'the instant of what caused it';
COMMENT ON COLUMN threshold_events.amount IS
    'micro-credits: the ceiling, or the sum of the grants that live';
COMMENT ON COLUMN threshold_events.remaining IS 'micro-credits: what was left of it';

-- What is on record stays as it is. Of usage_events each partition has the triggers of its parent.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are only ever added to', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER usage_events_stay BEFORE UPDATE OR DELETE ON usage_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change('usage_events');
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change('entries');
CREATE TRIGGER adjustments_stay BEFORE UPDATE OR DELETE ON adjustments
    FOR EACH ROW EXECUTE FUNCTION refuse_change('adjustments');
CREATE TRIGGER threshold_events_stay BEFORE UPDATE OR DELETE ON threshold_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change('threshold_events');

CREATE TRIGGER usage_events_are_not_emptied BEFORE TRUNCATE ON usage_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('usage_events');
CREATE TRIGGER entries_are_not_emptied BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('entries');
CREATE TRIGGER adjustments_are_not_emptied BEFORE TRUNCATE ON adjustments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('adjustments');
CREATE TRIGGER threshold_events_are_not_emptied BEFORE TRUNCATE ON threshold_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('threshold_events');
