-- What is written off of each account is what is written off of its leases.
SELECT
    format('what is written off of acc_%s of org_%s', replace(account_id::text, '-', ''),
        replace(org_id::text, '-', '')) AS about,
    coalesce(lost, 0)::text AS expected,
    written_off::text AS found
FROM accounts LEFT JOIN (
    SELECT shard, org_id, account_id, sum(written_off) AS lost FROM leases
    GROUP BY shard, org_id, account_id
) AS theirs USING (shard, org_id, account_id)
ORDER BY shard, org_id, account_id
