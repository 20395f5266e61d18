-- Each lease is of a start that there was.
SELECT
    format('the lease of acc_%s of org_%s', replace(account_id::text, '-', ''),
        replace(org_id::text, '-', '')) AS about,
    'a start that there was' AS expected,
    format('start %s of node_%s', leases.epoch, to_hex(node)) AS found
FROM leases LEFT JOIN nodes USING (node)
WHERE leases.epoch > coalesce(nodes.epoch, 0) OR leases.epoch < 1
ORDER BY leases.shard, leases.org_id, leases.account_id
