-- The lines of each transfer sum to nothing.
SELECT
    format('transfer %s of org_%s', transfer, replace(org_id::text, '-', '')) AS about,
    '0' AS expected,
    sum(amount)::text AS found
FROM entries GROUP BY shard, org_id, transfer
ORDER BY shard, org_id, transfer
