-- Each indeterminate charge is found by the list of them, which has no others; and each charge by the
-- one time of its admission.
WITH listed AS (
    SELECT org_id, node, epoch, n, event.ending IS NOT DISTINCT FROM 'indeterminate' AS is_one,
        list.n IS NOT NULL AS is_listed
    FROM (SELECT * FROM usage_events WHERE ending = 'indeterminate') AS event
    FULL JOIN indeterminate_events AS list USING (shard, org_id, node, epoch, n, admitted_at)
), twice AS (
    SELECT org_id, node, epoch, n, count(*) AS times FROM usage_events
    GROUP BY shard, org_id, node, epoch, n HAVING count(*) > 1
)
SELECT count(*) AS things, NULL AS about, NULL AS expected, NULL AS found FROM usage_events
UNION ALL
SELECT 0,
    format('req_%s-%s-%s of org_%s', to_hex(node), to_hex(epoch), to_hex(n), replace(org_id::text, '-', '')),
    CASE WHEN is_one THEN 'on the list of indeterminate events' ELSE 'not on it' END,
    CASE WHEN is_one THEN 'not on it' ELSE 'on the list of indeterminate events' END
FROM listed WHERE is_one <> is_listed
UNION ALL
SELECT 0, format('req_%s-%s-%s of org_%s', to_hex(node), to_hex(epoch), to_hex(n), replace(org_id::text, '-', '')),
    'once', format('%s times, each admitted at another time', times)
FROM twice
