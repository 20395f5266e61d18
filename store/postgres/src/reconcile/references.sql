-- Each charge is of an organisation of its shard, a gateway's start, and accounts that there are.
WITH events AS (
    SELECT event.shard, event.org_id, event.node, event.epoch, event.n,
        org.org_id IS NULL AS of_nobody,
        event.epoch < 1 OR event.epoch > coalesce(nodes.epoch, 0) AS of_no_start,
        EXISTS (
            SELECT FROM unnest(event.line_accounts) AS line (account_id)
            WHERE NOT EXISTS (
                SELECT FROM accounts AS account
                WHERE account.shard = event.shard AND account.org_id = event.org_id
                    AND account.account_id = line.account_id)
        ) AS of_no_account
    FROM usage_events AS event
    LEFT JOIN orgs AS org ON org.shard = event.shard AND org.org_id = event.org_id
    LEFT JOIN nodes ON nodes.node = event.node
)
SELECT count(*) AS things, NULL AS about, NULL AS expected, NULL AS found FROM events
UNION ALL
SELECT 0,
    format('req_%s-%s-%s of org_%s', to_hex(node), to_hex(epoch), to_hex(n), replace(org_id::text, '-', '')),
    CASE
        WHEN of_nobody THEN 'an organisation of its shard'
        WHEN of_no_start THEN 'a start that there was'
        ELSE 'accounts of its organisation'
    END,
    CASE
        WHEN of_nobody THEN format('shard %s', shard)
        WHEN of_no_start THEN format('start %s of node_%s', epoch, to_hex(node))
        ELSE 'an account that there is not'
    END
FROM events WHERE of_nobody OR of_no_start OR of_no_account
