-- What a sync writes beside its events, as one statement: a row "inserted" into sync_calls is carried
-- out by the trigger below, whole or not at all. Each statement that a gateway sends costs it more
-- than what a small sync writes.

CREATE VIEW sync_calls AS
SELECT
    NULL AS shard,
    NULL AS node,
    NULL AS seq,
    NULL AS lsn,
    NULL AS fingerprint,
    NULL AS answer,
    NULL AS accounts, -- JSON: [accounts.number, spent, leased] each, micro-credits as they are to be
    NULL AS leases,   -- JSON: [accounts.number, epoch, amount] each, micro-credits as they are to be
    NULL AS events,   -- JSON: [series, epoch, n, admitted_at, charged in micro-credits, detail] each
    NULL AS spans,    -- JSON: [a series of the organisation, hour_at, epoch, first_n, last_n] each
    NULL AS rollups   -- JSON: [series, hour_at, grant_kind, [requests, charged in micro-credits, ...]] each
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

    INSERT INTO applied (shard, node, journal, seq, lsn, fingerprint, answer)
    SELECT NEW.shard, node, journal, NEW.seq, NEW.lsn, NEW.fingerprint, NEW.answer
    FROM nodes WHERE node = NEW.node
    ON CONFLICT (shard, node, journal) DO UPDATE SET
        seq = excluded.seq,
        lsn = excluded.lsn,
        fingerprint = excluded.fingerprint,
        answer = excluded.answer;
END;
