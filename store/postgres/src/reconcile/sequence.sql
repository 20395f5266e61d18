-- Transfers are numbered without a gap, and nothing is ahead of the sync that made it.
WITH starts AS (
    SELECT nodes.node, nodes.epoch, applied.shard, coalesce(applied.seq, 0) AS seq
    FROM nodes LEFT JOIN applied ON applied.node = nodes.node AND applied.journal = nodes.journal
), numbered AS (
    SELECT shard, org_id, transfer,
        transfer - lag(transfer, 1, 0::bigint) OVER (PARTITION BY shard, org_id ORDER BY transfer)
            AS step,
        node, epoch, seq
    FROM entries WHERE line = 1
), ahead AS (
    SELECT numbered.*, coalesce(starts.seq, 0) AS applied
    FROM numbered
    JOIN nodes USING (node)
    LEFT JOIN starts ON starts.node = numbered.node AND starts.shard = numbered.shard
    WHERE numbered.seq IS NOT NULL AND (
        numbered.epoch > nodes.epoch
        OR numbered.epoch = nodes.epoch AND numbered.seq > coalesce(starts.seq, 0))
), unreported AS (
    SELECT event.org_id, event.node, event.epoch, event.n, event.shard
    FROM usage_events AS event JOIN nodes USING (node, epoch)
    LEFT JOIN starts ON starts.node = event.node AND starts.shard = event.shard
    WHERE starts.seq IS NULL
)
SELECT (SELECT count(*) FROM numbered) + (SELECT count(*) FROM usage_events)
    + (SELECT count(*) FROM counters) + (SELECT count(*) FROM applied) + 1 AS things,
    NULL AS about, NULL AS expected, NULL AS found
UNION ALL
SELECT 0, format('transfer %s of org_%s', transfer, replace(org_id::text, '-', '')),
    'the next number', format('%s numbers further', step)
FROM numbered WHERE step <> 1
UNION ALL
SELECT 0, format('the last transfer of org_%s', replace(org_id::text, '-', '')),
    format('transfer %s', counters.transfers), format('transfer %s', coalesce(last.transfer, 0))
FROM counters LEFT JOIN (
    SELECT shard, org_id, max(transfer) AS transfer FROM entries GROUP BY shard, org_id
) AS last USING (shard, org_id)
WHERE counters.transfers <> coalesce(last.transfer, 0)
UNION ALL
SELECT 0, format('transfer %s of org_%s', transfer, replace(org_id::text, '-', '')),
    format('a sync of node_%s up to %s', to_hex(node), applied),
    format('sync %s of its start %s', seq, epoch)
FROM ahead
UNION ALL
SELECT 0, format('req_%s-%s-%s of org_%s', to_hex(node), to_hex(epoch), to_hex(n), replace(org_id::text, '-', '')),
    'a sync that reported it', format('none of shard %s by node_%s', shard, to_hex(node))
FROM unreported
UNION ALL
SELECT 0, format('what shard %s has applied', shard), 'a gateway that has started',
    format('node_%s', to_hex(node))
FROM applied WHERE NOT EXISTS (SELECT FROM nodes WHERE nodes.node = applied.node)
UNION ALL
SELECT 0, 'the feed of changes', format('change %s as its last', change_seq),
    format('change %s', last)
FROM meta CROSS JOIN (
    SELECT greatest((SELECT max(seq) FROM changes), (SELECT max(seq) FROM revoked_tokens), 0) AS last
) AS feed
WHERE last > change_seq
