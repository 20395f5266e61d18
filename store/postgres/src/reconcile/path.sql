-- Each charge is the same on every limit and on all grants together, and at most its hold.
WITH events AS (
    SELECT event.shard, event.org_id, event.node, event.epoch, event.n, event.held, event.charged,
        paid.*
    FROM usage_events AS event CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(line.amount) FILTER (WHERE account.limit_id IS NULL), 0) AS by_grants,
            coalesce(bool_and(line.amount = event.charged)
                FILTER (WHERE account.limit_id IS NOT NULL), true) AS by_limits,
            count(*) = count(DISTINCT line.account_id) AS once,
            -- Accounts that are not there are told by the check of references.
            count(*) = count(account.account_id) AS known
        FROM unnest(event.line_accounts, event.line_amounts) AS line (account_id, amount)
        LEFT JOIN accounts AS account
            ON account.shard = event.shard AND account.org_id = event.org_id
                AND account.account_id = line.account_id
    ) AS paid
)
SELECT count(*) AS things, NULL AS about, NULL AS expected, NULL AS found FROM events
UNION ALL
SELECT 0,
    format('req_%s-%s-%s of org_%s', to_hex(node), to_hex(epoch), to_hex(n), replace(org_id::text, '-', '')),
    format('%s on each limit once and on its grants together, and at most %s',
        trim_scale(charged / 1000000.0), trim_scale(held / 1000000.0)),
    CASE
        WHEN charged NOT BETWEEN 0 AND held THEN 'more than its hold'
        WHEN NOT once THEN 'an account twice'
        WHEN NOT by_limits THEN 'another amount on a limit'
        ELSE format('%s from its grants', trim_scale(by_grants / 1000000.0))
    END
FROM events
WHERE charged NOT BETWEEN 0 AND held
    OR known AND NOT (once AND by_limits AND by_grants = charged)
