-- What is booked as overrun is what an organisation's requests overran.
SELECT
    format('the overruns of org_%s', replace(org_id::text, '-', '')) AS about,
    coalesce(overran, 0)::text AS expected,
    coalesce(booked, 0)::text AS found
FROM (
    SELECT shard, org_id, sum(overrun) AS overran FROM usage_events GROUP BY shard, org_id
) AS events FULL JOIN (
    SELECT shard, org_id, sum(amount) AS booked FROM entries
    WHERE kind = 'overrun' AND book = 'consumed' GROUP BY shard, org_id
) AS transfers USING (shard, org_id)
ORDER BY shard, org_id
