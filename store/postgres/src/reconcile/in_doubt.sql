-- What earlier starts of gateways have leased: it comes back when they have replayed their journals.
SELECT org_id, account_id, node, leases.epoch, amount
FROM leases LEFT JOIN nodes USING (node)
WHERE amount > 0 AND leases.epoch IS DISTINCT FROM nodes.epoch
ORDER BY shard, org_id, account_id, node, leases.epoch
