-- Each account has spent what it opened with and what its charges say, less what was given back.
SELECT
    format('acc_%s of org_%s', replace(account_id::text, '-', ''), replace(org_id::text, '-', ''))
        AS about,
    (opened_with + coalesce(charged, 0) - refunded)::text AS expected,
    spent::text AS found
FROM accounts LEFT JOIN (
    SELECT shard, org_id, line.account_id, sum(line.amount) AS charged
    FROM usage_events CROSS JOIN unnest(line_accounts, line_amounts) AS line (account_id, amount)
    GROUP BY shard, org_id, line.account_id
) AS lines USING (shard, org_id, account_id)
ORDER BY shard, org_id, account_id
