-- Makes the accounts and the leases what was decided, and says how far the journal is booked: no row
-- where somebody else has booked the same shard of it meanwhile.
WITH figures AS (
    UPDATE accounts SET
        spent = figures.spent,
        leased = figures.leased,
        written_off = figures.written_off,
        recalled = figures.recalled,
        ceiling = greatest(accounts.ceiling, figures.taken),
        version = accounts.version + 1
    FROM unnest($8::uuid[], $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[], $13::bigint[])
        AS figures (account_id, spent, leased, written_off, recalled, taken)
    WHERE accounts.shard = $1 AND accounts.account_id = figures.account_id
), lent AS (
    INSERT INTO leases (shard, org_id, account_id, node, epoch, amount, written_off)
    SELECT $1, org_id, account_id, $2, epoch, amount, written_off
    FROM unnest($14::uuid[], $15::uuid[], $16::bigint[], $17::bigint[], $18::bigint[])
        AS lease (org_id, account_id, epoch, amount, written_off)
    ON CONFLICT ON CONSTRAINT leases_pk DO UPDATE SET
        amount = excluded.amount,
        written_off = excluded.written_off
)
INSERT INTO applied (shard, node, journal, seq, lsn, fingerprint, answer)
SELECT $1, node, journal, $4, $5, $6, $7 FROM nodes WHERE node = $2 AND epoch = $3
ON CONFLICT ON CONSTRAINT applied_pk DO UPDATE SET
    seq = excluded.seq,
    lsn = excluded.lsn,
    fingerprint = excluded.fingerprint,
    answer = excluded.answer
WHERE applied.seq + 1 = excluded.seq
