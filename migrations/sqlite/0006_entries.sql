-- The money ledger, corrections of charges, and what accounts have reached.

-- What corrections gave back, and what ended with a grant. For each account
--   spent     = opened_with + what its usage events charged - refunded
--   available = amount - spent - leased - reserved - expired
ALTER TABLE accounts ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0 -- micro-credits: given back by adjustments, ever
    CONSTRAINT accounts_refunded CHECK (refunded >= 0);
ALTER TABLE accounts ADD COLUMN expired  INTEGER NOT NULL DEFAULT 0 -- micro-credits: of a grant, unspent when it ended
    CONSTRAINT accounts_expired CHECK (expired >= 0 AND (expired = 0 OR limit_id IS NULL));

-- An organisation's grants by their end: those that live now are few.
CREATE INDEX accounts_grants ON accounts (shard, org_id, end_at) WHERE limit_id IS NULL;
-- The grants of which something is left to expire, over all organisations.
CREATE INDEX accounts_unexpired ON accounts (end_at) WHERE limit_id IS NULL AND expired < amount - spent;

-- The money ledger: every movement of credits is a transfer, every transfer two lines or more that
-- sum to zero. Only ever added to. For each grant, the sum of its lines is
-- amount - spent - expired.
CREATE TABLE entries (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    transfer   INTEGER NOT NULL, -- counted up from 1 within the organisation
    line       INTEGER NOT NULL, -- from 1 within the transfer
    kind       TEXT    NOT NULL, -- see entries_kind
    at         INTEGER NOT NULL, -- the instant of what caused it
    book       TEXT    NOT NULL, -- what the line is about; see entries_book
    account_id BLOB,             -- the grant, where the book is 'grant'
    amount     INTEGER NOT NULL, -- micro-credits: into the book; negative, out of it
    node       INTEGER,          -- node, epoch and seq: the sync that made it
    epoch      INTEGER,
    n          INTEGER,          -- node, epoch and n: the request that a correction is about
    seq        INTEGER,
    actor      TEXT,             -- who corrected
    reason     TEXT,             -- and why

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
        'write_off'   -- platform -> consumed: lost with a gateway
    )),
    CONSTRAINT entries_book       CHECK (book IN ('issued', 'grant', 'consumed', 'expired', 'platform')),
    CONSTRAINT entries_account_id CHECK ((book = 'grant') = (account_id IS NOT NULL)),
    CONSTRAINT entries_amount     CHECK (amount <> 0),
    CONSTRAINT entries_transfer   CHECK (transfer > 0 AND line > 0),
    CONSTRAINT entries_cause      CHECK (seq IS NULL OR n IS NULL)
) STRICT, WITHOUT ROWID;

-- Corrections of charges: a row for each account that got something back. The event stays as it was;
-- what a request is charged now is its charge less what its grants got back.
CREATE TABLE adjustments (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    node       INTEGER NOT NULL, -- node, epoch and n: the event
    epoch      INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    number     INTEGER NOT NULL, -- counts the corrections of the event from 1
    account_id BLOB    NOT NULL,
    amount     INTEGER NOT NULL, -- micro-credits: given back to the account
    actor      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    at         INTEGER NOT NULL,

    CONSTRAINT adjustments_pk      PRIMARY KEY (shard, org_id, node, epoch, n, number, account_id),
    CONSTRAINT adjustments_event   FOREIGN KEY (shard, org_id, node, epoch, n)
        REFERENCES usage_events (shard, org_id, node, epoch, n),
    CONSTRAINT adjustments_account FOREIGN KEY (shard, org_id, account_id)
        REFERENCES accounts (shard, org_id, account_id),
    CONSTRAINT adjustments_number  CHECK (number > 0),
    CONSTRAINT adjustments_amount  CHECK (amount > 0)
) STRICT, WITHOUT ROWID;

-- Named requests for corrections: the same name again corrects nothing more.
CREATE TABLE adjustment_requests (
    shard          INTEGER NOT NULL,
    org_id         BLOB    NOT NULL,
    name           TEXT    NOT NULL, -- the request's idempotency key
    fingerprint    BLOB    NOT NULL, -- of what was asked for
    charged_before INTEGER NOT NULL, -- micro-credits
    charged_after  INTEGER NOT NULL, -- micro-credits
    change_seq     INTEGER NOT NULL, -- the last change that it made

    CONSTRAINT adjustment_requests_pk             PRIMARY KEY (shard, org_id, name),
    CONSTRAINT adjustment_requests_org            FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT adjustment_requests_fingerprint    CHECK (length(fingerprint) = 32),
    CONSTRAINT adjustment_requests_charged_after  CHECK (charged_after BETWEEN 0 AND charged_before)
) STRICT, WITHOUT ROWID;

-- The events that were charged by a journal after its gateway died: few, to be found without a search.
CREATE TABLE indeterminate_events (
    shard  INTEGER NOT NULL,
    org_id BLOB    NOT NULL,
    node   INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    n      INTEGER NOT NULL,

    CONSTRAINT indeterminate_events_pk    PRIMARY KEY (shard, org_id, node, epoch, n),
    CONSTRAINT indeterminate_events_event FOREIGN KEY (shard, org_id, node, epoch, n)
        REFERENCES usage_events (shard, org_id, node, epoch, n)
) STRICT, WITHOUT ROWID;

-- What accounts have reached, each threshold once: written in the transaction that caused it, for
-- alerts and mail to read on from the number that they know. Only ever added to.
CREATE TABLE threshold_events (
    number     INTEGER NOT NULL, -- counted up within this file
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    account_id BLOB    NOT NULL, -- the limit's period, or the grant that moved last
    threshold  TEXT    NOT NULL, -- see threshold_events_threshold
    at         INTEGER NOT NULL, -- the instant of what caused it
    amount     INTEGER NOT NULL, -- micro-credits: the ceiling, or the sum of the grants that live
    remaining  INTEGER NOT NULL, -- micro-credits: what was left of it

    CONSTRAINT threshold_events_pk        PRIMARY KEY (number),
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
) STRICT;

-- What is on record stays as it is.
CREATE TRIGGER usage_events_are_not_changed BEFORE UPDATE ON usage_events
BEGIN SELECT RAISE(ABORT, 'usage_events are only ever added to'); END;
CREATE TRIGGER usage_events_are_not_removed BEFORE DELETE ON usage_events
BEGIN SELECT RAISE(ABORT, 'usage_events are only ever added to'); END;
CREATE TRIGGER entries_are_not_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are only ever added to'); END;
CREATE TRIGGER entries_are_not_removed BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are only ever added to'); END;
CREATE TRIGGER adjustments_are_not_changed BEFORE UPDATE ON adjustments
BEGIN SELECT RAISE(ABORT, 'adjustments are only ever added to'); END;
CREATE TRIGGER adjustments_are_not_removed BEFORE DELETE ON adjustments
BEGIN SELECT RAISE(ABORT, 'adjustments are only ever added to'); END;
CREATE TRIGGER threshold_events_are_not_changed BEFORE UPDATE ON threshold_events
BEGIN SELECT RAISE(ABORT, 'threshold_events are only ever added to'); END;
CREATE TRIGGER threshold_events_are_not_removed BEFORE DELETE ON threshold_events
BEGIN SELECT RAISE(ABORT, 'threshold_events are only ever added to'); END;

-- What a store without entries already holds: what was granted, what is spent of it, and what the
-- platform paid.
INSERT INTO entries (shard, org_id, transfer, line, kind, at, book, account_id, amount)
WITH moved (shard, org_id, at, place, kind, source, target, account_id, amount) AS (
    SELECT shard, org_id, created_at, 1, iif(kind = 'top_up', 'top_up', 'grant'), 'issued', 'grant',
        account_id, amount
    FROM grants JOIN accounts USING (shard, org_id) WHERE account_id = grant_id AND amount > 0
    UNION ALL
    SELECT shard, org_id, created_at, 2, 'charge', 'grant', 'consumed', account_id, spent
    FROM grants JOIN accounts USING (shard, org_id) WHERE account_id = grant_id AND spent > 0
    UNION ALL
    SELECT shard, org_id, max(admitted_at), 3, 'overrun', 'platform', 'consumed', NULL,
        sum(detail ->> 6)
    FROM usage_events WHERE detail ->> 6 > 0 GROUP BY shard, org_id
), numbered AS (
    SELECT *, row_number() OVER (
        PARTITION BY shard, org_id ORDER BY at, place, account_id) AS transfer
    FROM moved
)
SELECT shard, org_id, transfer, 1, kind, at, source, iif(source = 'grant', account_id, NULL), -amount
FROM numbered
UNION ALL
SELECT shard, org_id, transfer, 2, kind, at, target, iif(target = 'grant', account_id, NULL), amount
FROM numbered;

INSERT INTO indeterminate_events (shard, org_id, node, epoch, n)
SELECT shard, org_id, node, epoch, n FROM usage_events WHERE detail ->> 1 = 'indeterminate';

-- The feed also tells what an account was given back.
CREATE TABLE changes_told (
    seq       INTEGER NOT NULL, -- from meta.change_seq
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    entity    TEXT    NOT NULL,
    entity_id BLOB    NOT NULL,

    CONSTRAINT changes_pk         PRIMARY KEY (seq),
    CONSTRAINT changes_one_entity UNIQUE (shard, org_id, entity, entity_id),
    CONSTRAINT changes_entity     CHECK (
        entity IN ('org', 'group', 'project', 'member', 'key', 'grant', 'limit', 'refund'))
) STRICT;

INSERT INTO changes_told SELECT seq, shard, org_id, entity, entity_id FROM changes;
DROP TABLE changes;
ALTER TABLE changes_told RENAME TO changes;

-- What a sync writes, as 0005 has it, with its entries, the thresholds that it reached, and where its
-- indeterminate events are.
DROP VIEW sync_calls;

CREATE VIEW sync_calls AS
SELECT
    NULL AS shard,
    NULL AS node,
    NULL AS epoch,
    NULL AS seq,
    NULL AS lsn,
    NULL AS at,
    NULL AS fingerprint,
    NULL AS answer,
    NULL AS accounts,      -- JSON: [accounts.number, spent, leased] each, micro-credits as they are to be
    NULL AS leases,        -- JSON: [accounts.number, epoch, amount] each, micro-credits as they are to be
    NULL AS events,        -- JSON: [series, epoch, n, admitted_at, charged in micro-credits, detail] each
    NULL AS indeterminate, -- JSON: [series, epoch, n] each
    NULL AS spans,         -- JSON: [a series of the organisation, hour_at, epoch, first_n, last_n] each
    NULL AS rollups,       -- JSON: [series, hour_at, grant_kind, [requests, charged in micro-credits, ...]] each
    NULL AS transfers,     -- JSON: [org_id, transfer, account_id, amount in micro-credits] each: a charge, or without account an overrun
    NULL AS thresholds     -- JSON: [accounts.number, threshold, amount, remaining] each, in micro-credits
WHERE false;

CREATE TRIGGER sync_call INSTEAD OF INSERT ON sync_calls
BEGIN
    UPDATE accounts
    SET spent = row.value ->> 1, leased = row.value ->> 2, version = version + 1
    FROM json_each(NEW.accounts) AS row
    WHERE accounts.number = row.value ->> 0;

    INSERT INTO leases (shard, org_id, account_id, node, epoch, amount)
    SELECT shard, org_id, account_id, NEW.node, row.value ->> 1, row.value ->> 2
    FROM json_each(NEW.leases) AS row
    CROSS JOIN accounts ON accounts.number = row.value ->> 0
    WHERE true
    ON CONFLICT (shard, org_id, account_id, node, epoch) DO UPDATE SET amount = excluded.amount;

    INSERT INTO usage_events (shard, org_id, node, epoch, n, series, admitted_at, charged, detail)
    SELECT shard, org_id, NEW.node, row.value ->> 1, row.value ->> 2, series, row.value ->> 3,
        row.value ->> 4, row.value -> 5
    FROM json_each(NEW.events) AS row
    CROSS JOIN usage_series ON usage_series.series = row.value ->> 0;

    INSERT INTO indeterminate_events (shard, org_id, node, epoch, n)
    SELECT shard, org_id, NEW.node, row.value ->> 1, row.value ->> 2
    FROM json_each(NEW.indeterminate) AS row
    CROSS JOIN usage_series ON usage_series.series = row.value ->> 0;

    INSERT INTO usage_spans (shard, org_id, hour_at, node, epoch, first_n, last_n)
    SELECT shard, org_id, row.value ->> 1, NEW.node, row.value ->> 2, row.value ->> 3, row.value ->> 4
    FROM json_each(NEW.spans) AS row
    CROSS JOIN usage_series ON usage_series.series = row.value ->> 0
    WHERE true
    ON CONFLICT (shard, org_id, hour_at, node, epoch) DO UPDATE SET
        first_n = min(first_n, excluded.first_n),
        last_n = max(last_n, excluded.last_n);

    -- Sums stay at the largest integer there is.
    INSERT INTO usage_rollups (
        shard, org_id, hour_at, series, grant_kind, node,
        requests, charged, priced_requests, input_tokens, cached_input_tokens, cache_write_tokens,
        cache_write_hour_tokens, output_tokens, images, outputs)
    SELECT shard, org_id, row.value ->> 1, series, row.value ->> 2, NEW.node,
        row.value ->> '$[3][0]', row.value ->> '$[3][1]', row.value ->> '$[3][2]',
        row.value ->> '$[3][3]', row.value ->> '$[3][4]', row.value ->> '$[3][5]',
        row.value ->> '$[3][6]', row.value ->> '$[3][7]', row.value ->> '$[3][8]',
        row.value ->> '$[3][9]'
    FROM json_each(NEW.rollups) AS row
    CROSS JOIN usage_series ON usage_series.series = row.value ->> 0
    WHERE true
    ON CONFLICT (shard, org_id, hour_at, series, grant_kind, node) DO UPDATE SET
        requests = requests + min(excluded.requests, 9223372036854775807 - requests),
        charged = charged + min(excluded.charged, 9223372036854775807 - charged),
        priced_requests = priced_requests
            + min(excluded.priced_requests, 9223372036854775807 - priced_requests),
        input_tokens = input_tokens + min(excluded.input_tokens, 9223372036854775807 - input_tokens),
        cached_input_tokens = cached_input_tokens
            + min(excluded.cached_input_tokens, 9223372036854775807 - cached_input_tokens),
        cache_write_tokens = cache_write_tokens
            + min(excluded.cache_write_tokens, 9223372036854775807 - cache_write_tokens),
        cache_write_hour_tokens = cache_write_hour_tokens
            + min(excluded.cache_write_hour_tokens, 9223372036854775807 - cache_write_hour_tokens),
        output_tokens = output_tokens
            + min(excluded.output_tokens, 9223372036854775807 - output_tokens),
        images = images + min(excluded.images, 9223372036854775807 - images),
        outputs = outputs + min(excluded.outputs, 9223372036854775807 - outputs);

    INSERT INTO entries (
        shard, org_id, transfer, line, kind, at, book, account_id, amount, node, epoch, seq)
    SELECT NEW.shard, unhex(row.value ->> 0), row.value ->> 1, side.line,
        iif(row.value ->> 2 IS NULL, 'overrun', 'charge'), NEW.at,
        CASE WHEN side.line = 2 THEN 'consumed' WHEN row.value ->> 2 IS NULL THEN 'platform' ELSE 'grant' END,
        iif(side.line = 1, unhex(row.value ->> 2), NULL),
        side.sign * (row.value ->> 3), NEW.node, NEW.epoch, NEW.seq
    FROM json_each(NEW.transfers) AS row
    CROSS JOIN (SELECT 1 AS line, -1 AS sign UNION ALL SELECT 2, 1) AS side;

    INSERT INTO threshold_events (shard, org_id, account_id, threshold, at, amount, remaining)
    SELECT shard, org_id, account_id, row.value ->> 1, NEW.at, row.value ->> 2, row.value ->> 3
    FROM json_each(NEW.thresholds) AS row
    CROSS JOIN accounts ON accounts.number = row.value ->> 0
    WHERE true
    ON CONFLICT (shard, org_id, account_id, threshold) DO NOTHING;

    INSERT INTO applied (shard, node, journal, seq, lsn, fingerprint, answer)
    SELECT NEW.shard, node, journal, NEW.seq, NEW.lsn, NEW.fingerprint, NEW.answer
    FROM nodes WHERE node = NEW.node
    ON CONFLICT (shard, node, journal) DO UPDATE SET
        seq = excluded.seq,
        lsn = excluded.lsn,
        fingerprint = excluded.fingerprint,
        answer = excluded.answer;
END;
