-- Gateways that share accounts: their signs of life, recalls, and what is lost with one of them.

ALTER TABLE nodes ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0; -- its last sign of life
ALTER TABLE nodes ADD COLUMN control  TEXT;                       -- host:port, where it is told of changes; NULL: nowhere
ALTER TABLE nodes ADD COLUMN state    TEXT NOT NULL DEFAULT 'running'
    CONSTRAINT nodes_state CHECK (state IN (
        'running', -- or dead: silent for ten seconds, it is suspect
        'stopped', -- it has ended in order, with nothing leased
        'retired'  -- what it had is written off; its last epoch is nobody's
    ));

UPDATE nodes SET heard_at = registered_at;

-- What gateways have of an account is recalled when somebody waits for it. What is lost with a gateway
-- is written off: neither spent nor available, until the gateway's journal turns up. For each account
--   available = amount - spent - leased - reserved - expired - written_off
ALTER TABLE accounts ADD COLUMN recalled     INTEGER NOT NULL DEFAULT 0 -- 1: what gateways have of it is to come back
    CONSTRAINT accounts_recalled CHECK (recalled IN (0, 1));
ALTER TABLE accounts ADD COLUMN written_off  INTEGER NOT NULL DEFAULT 0 -- micro-credits: lost with gateways, the sum of its leases' parts
    CONSTRAINT accounts_written_off CHECK (written_off >= 0);
ALTER TABLE accounts ADD COLUMN written_back INTEGER NOT NULL DEFAULT 0 -- micro-credits: written off and found unspent after all, ever
    CONSTRAINT accounts_written_back CHECK (written_back >= 0);
ALTER TABLE leases ADD COLUMN written_off    INTEGER NOT NULL DEFAULT 0 -- micro-credits: no lease any more; only charges of its journal may spend it
    CONSTRAINT leases_written_off CHECK (written_off >= 0);

-- Few at any time.
CREATE INDEX accounts_under_recall ON accounts (shard, account_id) WHERE recalled = 1;

DROP TRIGGER accounts_amount_changes;

CREATE TRIGGER accounts_amount_changes AFTER UPDATE OF amount ON accounts
BEGIN
    UPDATE accounts
    SET ceiling = NEW.spent + NEW.leased + NEW.reserved + NEW.expired + NEW.written_off
    WHERE number = NEW.number;
END;

-- Grants that an organisation was given for what was lost with a gateway, at the platform's cost.
CREATE TABLE compensations (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    grant_id   BLOB    NOT NULL,
    node       INTEGER NOT NULL, -- the gateway
    epoch      INTEGER NOT NULL, -- the epoch that was begun for nobody when it was retired
    amount     INTEGER NOT NULL, -- micro-credits: what was written off of the organisation's grants
    taken_back INTEGER NOT NULL, -- 1: the journal has turned up, and what was unspent is the platform's again

    CONSTRAINT compensations_pk         PRIMARY KEY (shard, org_id, grant_id),
    CONSTRAINT compensations_grant      FOREIGN KEY (shard, org_id, grant_id)
        REFERENCES grants (shard, org_id, grant_id),
    CONSTRAINT compensations_amount     CHECK (amount > 0),
    CONSTRAINT compensations_taken_back CHECK (taken_back IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX compensations_of_node ON compensations (node, epoch) WHERE taken_back = 0;

-- Made anew below; a table that a trigger names cannot be replaced.
DROP VIEW sync_calls;

-- An answer has more than leases now: version 1 of its encoding, which begins with that number, has
-- four lists, each led by its length in four bytes. Of the answers that are kept the last three are
-- empty.
CREATE TABLE applied_answers (
    shard        INTEGER NOT NULL,
    node         INTEGER NOT NULL,
    journal      BLOB    NOT NULL,
    seq          INTEGER NOT NULL, -- the last sync
    lsn          INTEGER NOT NULL, -- the last record that it reported
    fingerprint  BLOB    NOT NULL, -- of the last sync's request: the same again is answered the same
    answer       BLOB    NOT NULL, -- what it was answered, encoded

    CONSTRAINT applied_pk          PRIMARY KEY (shard, node, journal),
    CONSTRAINT applied_seq         CHECK (seq > 0),
    CONSTRAINT applied_lsn         CHECK (lsn >= 0),
    CONSTRAINT applied_fingerprint CHECK (length(fingerprint) = 32)
) STRICT, WITHOUT ROWID;

INSERT INTO applied_answers (shard, node, journal, seq, lsn, fingerprint, answer)
SELECT shard, node, journal, seq, lsn, fingerprint,
    unhex('01' || printf('%08x', length(answer) / 24) || hex(answer) || '000000000000000000000000')
FROM applied;
DROP TABLE applied;
ALTER TABLE applied_answers RENAME TO applied;

-- What a sync writes, as 0006 has it, with recalls and with what it spends of what was written off.
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
    NULL AS accounts,      -- JSON: [accounts.number, spent, leased, written_off, recalled, at least this ceiling] each, as they are to be
    NULL AS leases,        -- JSON: [accounts.number, epoch, amount, written_off] each, micro-credits as they are to be
    NULL AS events,        -- JSON: [series, epoch, n, admitted_at, charged in micro-credits, detail] each
    NULL AS indeterminate, -- JSON: [series, epoch, n] each
    NULL AS spans,         -- JSON: [a series of the organisation, hour_at, epoch, first_n, last_n] each
    NULL AS rollups,       -- JSON: [series, hour_at, grant_kind, [requests, charged in micro-credits, ...]] each
    NULL AS transfers,     -- JSON: [org_id, transfer, kind, book, account_id, book, account_id, amount in micro-credits] each: from the first book to the second
    NULL AS thresholds     -- JSON: [accounts.number, threshold, amount, remaining] each, in micro-credits
WHERE false;

CREATE TRIGGER sync_call INSTEAD OF INSERT ON sync_calls
BEGIN
    UPDATE accounts
    SET spent = row.value ->> 1, leased = row.value ->> 2, written_off = row.value ->> 3,
        recalled = row.value ->> 4, ceiling = max(ceiling, row.value ->> 5), version = version + 1
    FROM json_each(NEW.accounts) AS row
    WHERE accounts.number = row.value ->> 0;

    INSERT INTO leases (shard, org_id, account_id, node, epoch, amount, written_off)
    SELECT shard, org_id, account_id, NEW.node, row.value ->> 1, row.value ->> 2, row.value ->> 3
    FROM json_each(NEW.leases) AS row
    CROSS JOIN accounts ON accounts.number = row.value ->> 0
    WHERE true
    ON CONFLICT (shard, org_id, account_id, node, epoch) DO UPDATE SET
        amount = excluded.amount,
        written_off = excluded.written_off;

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
    SELECT NEW.shard, unhex(row.value ->> 0), row.value ->> 1, side.line, row.value ->> 2, NEW.at,
        iif(side.line = 1, row.value ->> 3, row.value ->> 5),
        unhex(iif(side.line = 1, row.value ->> 4, row.value ->> 6)),
        side.sign * (row.value ->> 7), NEW.node, NEW.epoch, NEW.seq
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
