-- All that a sync needs to know, as of after its locks were taken: one row, whatever there is.
SELECT
    nodes.epoch,
    applied.seq,
    applied.lsn,
    applied.fingerprint,
    applied.answer,
    (
        SELECT coalesce(json_agg(json_build_array(
            account.account_id, account.org_id, account.kind, account.start_at, account.end_at,
            account.closed, account.recalled, json_build_array(
                account.amount, account.spent, account.leased, account.reserved, account.refunded,
                account.expired, account.written_off, account.written_back), (
                SELECT coalesce(json_agg(
                    json_build_array(lease.epoch, lease.amount, lease.written_off)), '[]')
                FROM leases AS lease
                WHERE lease.shard = account.shard AND lease.org_id = account.org_id
                    AND lease.account_id = account.account_id AND lease.node = call.node
            ), (
                SELECT coalesce(sum(lease.amount), 0)
                FROM leases AS lease JOIN nodes AS other USING (node)
                WHERE lease.shard = account.shard AND lease.org_id = account.org_id
                    AND lease.account_id = account.account_id AND lease.node <> call.node
                    AND other.state = 'running' AND other.heard_at < call.silent_before
            ))), '[]')::text
        FROM accounts AS account
        WHERE account.shard = call.shard AND account.account_id = ANY (call.accounts)
    ) AS touched,
    (
        SELECT coalesce(json_agg(json_build_array(books.org_id, books.transfers, (
            SELECT json_build_array(
                coalesce(sum(amount), 0)::text,
                coalesce(sum(greatest(amount::numeric - spent - expired - written_off, 0)), 0)::text)
            FROM accounts AS granted
            WHERE granted.shard = books.shard AND granted.org_id = books.org_id
                AND granted.limit_id IS NULL
                AND granted.end_at > call.now AND granted.start_at <= call.now
            ))), '[]')::text
        FROM counters AS books
        WHERE books.shard = call.shard AND books.org_id = ANY (call.orgs)
    ) AS orgs,
    ARRAY (
        SELECT lease.account_id
        FROM accounts AS account JOIN leases AS lease USING (shard, org_id, account_id)
        WHERE account.shard = call.shard AND account.recalled
            AND lease.node = call.node AND lease.epoch = call.epoch AND lease.amount > 0
    ) AS recalled,
    EXISTS (
        SELECT FROM meta
        WHERE meta.incarnation > 1 AND meta.incarnation_at > call.frozen_since
            AND (meta.incarnation_at > call.surely_frozen_since OR EXISTS (
                SELECT FROM nodes AS any_node
                WHERE any_node.state = 'running' AND any_node.incarnation < meta.incarnation))
    ) AS frozen
FROM (
    SELECT $1::smallint AS shard, $2::bigint AS node, $3::uuid[] AS orgs, $4::uuid[] AS accounts,
        $5::bigint AS epoch, $6::bigint AS now, $7::bigint AS silent_before,
        $8::bigint AS frozen_since, $9::bigint AS surely_frozen_since
) AS call
LEFT JOIN nodes ON nodes.node = call.node
LEFT JOIN applied
    ON applied.shard = call.shard AND applied.node = nodes.node AND applied.journal = nodes.journal
