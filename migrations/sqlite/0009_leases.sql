-- Leases that are wanted back, gateways that are heard of, and answers that say more than what was leased.

ALTER TABLE accounts ADD COLUMN recalled INTEGER NOT NULL DEFAULT 0 -- 1: what gateways have of it is wanted back
    CONSTRAINT accounts_recalled CHECK (recalled IN (0, 1));

ALTER TABLE nodes ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0; -- when its last start gave its last sign of life
ALTER TABLE nodes ADD COLUMN control TEXT;                        -- host:port where it is told of changes
ALTER TABLE nodes ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0   -- 1: ended in order, with everything given back
    CONSTRAINT nodes_stopped CHECK (stopped IN (0, 1));

UPDATE nodes SET heard_at = registered_at;

-- The constraint on the answer's length goes; the trigger names the table, so it goes and comes back.
DROP TRIGGER sync_call;

CREATE TABLE applied_anew (
    shard        INTEGER NOT NULL,
    node         INTEGER NOT NULL,
    journal      BLOB    NOT NULL,
    seq          INTEGER NOT NULL, -- the last sync
    lsn          INTEGER NOT NULL, -- the last record that it reported
    fingerprint  BLOB    NOT NULL, -- of the last sync's request: the same again is answered the same
    answer       BLOB    NOT NULL, -- what it was answered, in an encoding of the binary's

    CONSTRAINT applied_pk          PRIMARY KEY (shard, node, journal),
    CONSTRAINT applied_seq         CHECK (seq > 0),
    CONSTRAINT applied_lsn         CHECK (lsn >= 0),
    CONSTRAINT applied_fingerprint CHECK (length(fingerprint) = 32)
) STRICT, WITHOUT ROWID;

INSERT INTO applied_anew SELECT shard, node, journal, seq, lsn, fingerprint, answer FROM applied;
DROP TABLE applied;
ALTER TABLE applied_anew RENAME TO applied;

-- As before, with what is wanted back: [accounts.number, spent, leased, recalled] each in `accounts`.
CREATE TRIGGER sync_call INSTEAD OF INSERT ON sync_calls
BEGIN
    UPDATE accounts
    SET spent = row.value ->> 1, leased = row.value ->> 2, recalled = row.value ->> 3,
        version = version + 1
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
