-- Usage by the hour is what the charges say, less what corrections gave back: what was charged in each
-- hour, and the other figures of an hour where they differ.
WITH events AS (
    SELECT *, admitted_at - ((admitted_at % 3600000000) + 3600000000) % 3600000000 AS hour_at
    FROM usage_events
), paid AS (
    SELECT event.*, line.place, account.kind, line.amount
    FROM events AS event
    CROSS JOIN LATERAL unnest(event.line_accounts, event.line_amounts)
        WITH ORDINALITY AS line (account_id, amount, place)
    JOIN accounts AS account ON account.shard = event.shard AND account.org_id = event.org_id
        AND account.account_id = line.account_id AND account.limit_id IS NULL
), paid_first AS (
    SELECT DISTINCT ON (shard, org_id, node, epoch, n, admitted_at)
        shard, org_id, node, epoch, n, admitted_at, kind
    FROM paid ORDER BY shard, org_id, node, epoch, n, admitted_at, place
), parts AS (
    -- A request and what it used count once, where the first grant paid.
    SELECT 1 AS side, shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, coalesce(kind, 'none') AS grant_kind, node, 0::bigint AS charged,
        1::bigint AS requests, requests AS priced_requests, input_tokens, cached_input_tokens,
        cache_write_tokens, cache_write_hour_tokens, output_tokens, images, outputs
    FROM events LEFT JOIN paid_first USING (shard, org_id, node, epoch, n, admitted_at)
    UNION ALL
    SELECT 1, shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, kind, node, amount, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM paid
    UNION ALL
    SELECT 1, shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, account.kind, node, -back.amount, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM adjustments AS back JOIN events USING (shard, org_id, node, epoch, n, admitted_at)
    JOIN accounts AS account USING (shard, org_id, account_id)
    WHERE account.limit_id IS NULL
    UNION ALL
    SELECT 2, shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, grant_kind, node, charged, requests, priced_requests, input_tokens,
        cached_input_tokens, cache_write_tokens, cache_write_hour_tokens, output_tokens, images,
        outputs
    FROM usage_rollups
), sides AS (
    SELECT side, shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, grant_kind, node,
        sum(charged) AS charged,
        sum(requests) AS requests,
        sum(priced_requests) AS priced_requests,
        sum(input_tokens) AS input_tokens,
        sum(cached_input_tokens) AS cached_input_tokens,
        sum(cache_write_tokens) AS cache_write_tokens,
        sum(cache_write_hour_tokens) AS cache_write_hour_tokens,
        sum(output_tokens) AS output_tokens,
        sum(images) AS images,
        sum(outputs) AS outputs
    FROM parts
    GROUP BY side, shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, grant_kind, node
), figures AS (
    SELECT sides.*, figure.name, least(figure.value, 9223372036854775807) AS value
    FROM sides CROSS JOIN LATERAL (VALUES
        ('charged', charged),
        ('requests', requests),
        ('priced_requests', priced_requests),
        ('input_tokens', input_tokens),
        ('cached_input_tokens', cached_input_tokens),
        ('cache_write_tokens', cache_write_tokens),
        ('cache_write_hour_tokens', cache_write_hour_tokens),
        ('output_tokens', output_tokens),
        ('images', images),
        ('outputs', outputs)
    ) AS figure (name, value)
), compared AS (
    SELECT shard, org_id, hour_at, member_id, tool, model, grant_kind, node, name,
        coalesce(sum(value) FILTER (WHERE side = 1), 0) AS expected,
        coalesce(sum(value) FILTER (WHERE side = 2), 0) AS found
    FROM figures
    GROUP BY shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool,
        provider, model, grant_kind, node, name
)
SELECT
    format('%s (hour_at %s, mem_%s, %s, %s, %s, node_%s) of org_%s', name, hour_at,
        replace(member_id::text, '-', ''), tool, model, grant_kind, to_hex(node),
        replace(org_id::text, '-', '')) AS about,
    expected::text AS expected,
    found::text AS found,
    name = 'charged' AS in_credits
FROM compared
WHERE name = 'charged' OR expected <> found
