-- The lines of each grant are what it has left.
SELECT
    format('acc_%s of org_%s', replace(account_id::text, '-', ''), replace(org_id::text, '-', ''))
        AS about,
    (amount::numeric - spent - expired - written_off)::text AS expected,
    coalesce(booked, 0)::text AS found
FROM accounts LEFT JOIN (
    SELECT shard, org_id, account_id, sum(amount) AS booked FROM entries
    WHERE account_id IS NOT NULL GROUP BY shard, org_id, account_id
) AS lines USING (shard, org_id, account_id)
WHERE limit_id IS NULL
ORDER BY shard, org_id, account_id
