-- Charges that a journal made after its gateway had died, and what corrections gave back of them.
SELECT org_id, node, epoch, n, member_id, admitted_at, held, charged, coalesce((
    SELECT sum(back.amount)
    FROM adjustments AS back JOIN accounts USING (shard, org_id, account_id)
    WHERE back.shard = event.shard AND back.org_id = event.org_id AND back.node = event.node
        AND back.epoch = event.epoch AND back.n = event.n
        AND back.admitted_at = event.admitted_at AND accounts.limit_id IS NULL
), 0)::bigint AS refunded
FROM usage_events AS event WHERE ending = 'indeterminate'
ORDER BY shard, org_id, node, epoch, n
