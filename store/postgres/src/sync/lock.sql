-- Takes the locks of a sync, in the order that everybody takes them: see locks.rs. Each step waits
-- for the one before, since it asks how many rows that has.
WITH node AS MATERIALIZED (
    SELECT node FROM nodes WHERE node = $2 FOR KEY SHARE
), books AS MATERIALIZED (
    SELECT org_id FROM counters
    WHERE shard = $1 AND org_id = ANY ($3) AND (SELECT count(*) FROM node) >= 0
    ORDER BY org_id FOR NO KEY UPDATE
), touched AS MATERIALIZED (
    SELECT account_id FROM accounts
    WHERE shard = $1 AND account_id = ANY ($4) AND (SELECT count(*) FROM books) >= 0
    ORDER BY account_id FOR NO KEY UPDATE
)
SELECT count(*) FROM touched
