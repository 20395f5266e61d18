-- Each transfer is of one kind, and between the books of that kind.
SELECT
    format('transfer %s of org_%s', transfer, replace(org_id::text, '-', '')) AS about,
    format('`%s` between its books', min(kind)) AS expected,
    string_agg(format('`%s` of %s', kind, book), ', ' ORDER BY line) AS found
FROM entries GROUP BY shard, org_id, transfer
HAVING count(DISTINCT kind) > 1 OR NOT bool_and(CASE
    WHEN kind IN ('grant', 'top_up') THEN book IN ('issued', 'grant')
    WHEN kind IN ('charge', 'refund', 'adjustment') THEN book IN ('grant', 'consumed')
    WHEN kind = 'expiry' THEN book IN ('grant', 'expired')
    WHEN kind = 'overrun' THEN book IN ('platform', 'consumed')
    WHEN kind = 'write_off' THEN book IN ('platform', 'grant', 'consumed')
    ELSE false
END)
ORDER BY shard, org_id, transfer
