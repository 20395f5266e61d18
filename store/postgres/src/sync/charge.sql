-- What the charges of a sync leave on record. Arrays of one table are unnested together.
WITH events AS (
    INSERT INTO usage_events (
        shard, node, org_id, epoch, n, admitted_at, ended_at, member_id, key_id, group_id, project_id,
        surface, tool, provider, model, ending, status, requests, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_hour_tokens, output_tokens, images,
        outputs, held, charged, overrun, line_accounts, line_amounts, price_book, body_hash)
    SELECT $1::smallint, $2::bigint, org_id, epoch, n, admitted_at, ended_at, member_id, key_id, group_id, project_id,
        surface, tool, provider, model, ending, status, requests, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_hour_tokens, output_tokens, images,
        outputs, held, charged, overrun, line_accounts::uuid[], line_amounts::bigint[], price_book,
        body_hash
    FROM unnest(
        $6::uuid[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
        $11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::integer[],
        $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[],
        $27::bigint[],
        $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[],
        $32::text[], $33::text[], $34::text[], $35::bytea[]
    ) AS event (
        org_id, epoch, n, admitted_at, ended_at, member_id, key_id, group_id, project_id,
        surface, tool, provider, model, ending, status, requests, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_hour_tokens, output_tokens, images,
        outputs, held, charged, overrun, line_accounts, line_amounts, price_book, body_hash)
    RETURNING shard, org_id, node, epoch, n, admitted_at, ending
), listed AS (
    INSERT INTO indeterminate_events (shard, org_id, node, epoch, n, admitted_at)
    SELECT shard, org_id, node, epoch, n, admitted_at FROM events WHERE ending = 'indeterminate'
), hours AS (
    -- Sums stay at the largest integer there is.
    INSERT INTO usage_rollups AS known (
        shard, node, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, grant_kind, requests, charged, priced_requests, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_hour_tokens, output_tokens, images,
        outputs)
    SELECT $1::smallint, $2::bigint, hour.*
    FROM unnest(
        $36::uuid[], $37::bigint[], $38::uuid[], $39::uuid[], $40::uuid[], $41::uuid[],
        $42::text[], $43::text[], $44::text[], $45::text[], $46::text[],
        $47::bigint[], $48::bigint[], $49::bigint[], $50::bigint[], $51::bigint[], $52::bigint[],
        $53::bigint[], $54::bigint[], $55::bigint[], $56::bigint[]
    ) AS hour
    ON CONFLICT ON CONSTRAINT usage_rollups_one DO UPDATE SET
        requests = known.requests + least(excluded.requests, 9223372036854775807 - known.requests),
        charged = known.charged + least(excluded.charged, 9223372036854775807 - known.charged),
        priced_requests = known.priced_requests
            + least(excluded.priced_requests, 9223372036854775807 - known.priced_requests),
        input_tokens = known.input_tokens
            + least(excluded.input_tokens, 9223372036854775807 - known.input_tokens),
        cached_input_tokens = known.cached_input_tokens
            + least(excluded.cached_input_tokens, 9223372036854775807 - known.cached_input_tokens),
        cache_write_tokens = known.cache_write_tokens
            + least(excluded.cache_write_tokens, 9223372036854775807 - known.cache_write_tokens),
        cache_write_hour_tokens = known.cache_write_hour_tokens + least(
            excluded.cache_write_hour_tokens, 9223372036854775807 - known.cache_write_hour_tokens),
        output_tokens = known.output_tokens
            + least(excluded.output_tokens, 9223372036854775807 - known.output_tokens),
        images = known.images + least(excluded.images, 9223372036854775807 - known.images),
        outputs = known.outputs + least(excluded.outputs, 9223372036854775807 - known.outputs)
), transfers AS (
    SELECT * FROM unnest(
        $57::uuid[], $58::bigint[], $59::text[], $60::text[], $61::uuid[], $62::text[], $63::uuid[],
        $64::bigint[]
    ) AS transfer (org_id, number, kind, source, source_id, target, target_id, amount)
), counted AS (
    UPDATE counters SET transfers = last.number
    FROM (SELECT org_id, max(number) AS number FROM transfers GROUP BY org_id) AS last
    WHERE counters.shard = $1 AND counters.org_id = last.org_id
)
INSERT INTO entries (
    shard, org_id, transfer, line, kind, at, book, account_id, amount, node, epoch, seq)
SELECT $1::smallint, org_id, number, side.*, $2, $3, $4
FROM transfers CROSS JOIN LATERAL (VALUES
    (1, kind, $5, source, source_id, -amount),
    (2, kind, $5, target, target_id, amount)) AS side
