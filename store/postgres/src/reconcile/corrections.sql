-- What each correction gave back is the same on every limit and on all grants together; all of an
-- event together are at most its charge.
WITH corrections AS (
    SELECT shard, org_id, node, epoch, n, back.admitted_at, back.number,
        coalesce(sum(back.amount) FILTER (WHERE limit_id IS NULL), 0) AS to_grants,
        min(back.amount) FILTER (WHERE limit_id IS NOT NULL) AS least,
        max(back.amount) FILTER (WHERE limit_id IS NOT NULL) AS most
    FROM adjustments AS back JOIN accounts USING (shard, org_id, account_id)
    GROUP BY shard, org_id, node, epoch, n, back.admitted_at, back.number
)
SELECT
    format('correction %s of req_%s-%s-%s of org_%s', number, to_hex(node), to_hex(epoch), to_hex(n),
        replace(org_id::text, '-', '')) AS about,
    format('%s to each limit', trim_scale(to_grants / 1000000.0)) AS expected,
    format('%s to %s', trim_scale(least / 1000000.0), trim_scale(most / 1000000.0)) AS found
FROM corrections WHERE least <> to_grants OR most <> to_grants
UNION ALL
SELECT
    format('the corrections of req_%s-%s-%s of org_%s', to_hex(node), to_hex(epoch), to_hex(n),
        replace(org_id::text, '-', '')),
    format('at most %s', trim_scale(charged / 1000000.0)),
    trim_scale(sum(to_grants) / 1000000.0)::text
FROM corrections JOIN usage_events USING (shard, org_id, node, epoch, n, admitted_at)
GROUP BY shard, org_id, node, epoch, n, charged
HAVING sum(to_grants) > charged
