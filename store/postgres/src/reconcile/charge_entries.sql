-- The charges on the books of each grant are those of its requests.
SELECT
    format('acc_%s of org_%s', replace(account_id::text, '-', ''), replace(org_id::text, '-', ''))
        AS about,
    coalesce(charged, 0)::text AS expected,
    coalesce(booked, 0)::text AS found
FROM accounts LEFT JOIN (
    SELECT shard, org_id, line.account_id, sum(line.amount) AS charged
    FROM usage_events CROSS JOIN unnest(line_accounts, line_amounts) AS line (account_id, amount)
    GROUP BY shard, org_id, line.account_id
) AS lines USING (shard, org_id, account_id)
LEFT JOIN (
    SELECT shard, org_id, account_id, -sum(amount) AS booked FROM entries
    WHERE account_id IS NOT NULL AND kind = 'charge' GROUP BY shard, org_id, account_id
) AS charges USING (shard, org_id, account_id)
WHERE limit_id IS NULL
ORDER BY shard, org_id, account_id
