-- No account has more taken than its amount, or than what was taken when the amount was changed last.
WITH accounts AS (
    SELECT *,
        spent::numeric + leased + reserved + expired + written_off AS taken,
        greatest(amount, ceiling)::numeric AS most
    FROM accounts
)
SELECT count(*) AS things, NULL AS about, NULL AS expected, NULL AS found FROM accounts
UNION ALL
SELECT 0,
    format('acc_%s of org_%s', replace(account_id::text, '-', ''), replace(org_id::text, '-', '')),
    format('at most %s', trim_scale(most / 1000000)),
    trim_scale(taken / 1000000)::text
FROM accounts WHERE taken > most
