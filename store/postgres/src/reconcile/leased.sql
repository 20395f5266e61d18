-- Each account is leased what its leases say.
SELECT
    format('acc_%s of org_%s', replace(account_id::text, '-', ''), replace(org_id::text, '-', ''))
        AS about,
    coalesce(held, 0)::text AS expected,
    leased::text AS found
FROM accounts LEFT JOIN (
    SELECT shard, org_id, account_id, sum(amount) AS held FROM leases
    GROUP BY shard, org_id, account_id
) AS theirs USING (shard, org_id, account_id)
ORDER BY shard, org_id, account_id
