-- What is booked as lost is what of an organisation's grants is written off.
SELECT
    format('what org_%s lost of its grants', replace(org_id::text, '-', '')) AS about,
    coalesce(lost, 0)::text AS expected,
    coalesce(booked, 0)::text AS found
FROM (
    SELECT shard, org_id, sum(written_off) AS lost FROM accounts
    WHERE limit_id IS NULL GROUP BY shard, org_id
) AS grants FULL JOIN (
    SELECT shard, org_id, sum(amount) AS booked FROM entries
    WHERE kind = 'write_off' AND book = 'consumed' GROUP BY shard, org_id
) AS transfers USING (shard, org_id)
ORDER BY shard, org_id
