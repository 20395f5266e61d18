-- What corrections gave back to each account stands in it, and to each grant on the books.
WITH corrections AS (
    SELECT shard, org_id, account_id, sum(amount) AS given FROM adjustments
    GROUP BY shard, org_id, account_id
), transfers AS (
    SELECT shard, org_id, account_id, sum(amount) AS booked FROM entries
    WHERE account_id IS NOT NULL AND kind IN ('refund', 'adjustment')
    GROUP BY shard, org_id, account_id
), figures AS (
    SELECT shard, org_id, account_id, limit_id, refunded, coalesce(given, 0) AS given,
        coalesce(booked, 0) AS booked,
        format('acc_%s of org_%s', replace(account_id::text, '-', ''),
            replace(org_id::text, '-', '')) AS about
    FROM accounts
    LEFT JOIN corrections USING (shard, org_id, account_id)
    LEFT JOIN transfers USING (shard, org_id, account_id)
)
SELECT about, given::text AS expected, refunded::text AS found FROM figures
UNION ALL
SELECT format('what is booked as given back to %s', about), given::text, booked::text
FROM figures WHERE limit_id IS NULL
