-- Idempotency keys: by them a client says that two requests are one.

-- What each member used a key for. A row is written before its request's hold is taken, ended in the
-- sync that reports the charge, and deleted where nothing came of the request. The answer's body is
-- nowhere kept.
CREATE TABLE idempotency_keys (
    shard       INTEGER NOT NULL,
    org_id      BLOB    NOT NULL,
    member_id   BLOB    NOT NULL,
    key         TEXT    NOT NULL, -- as the client chose it: another member's is another key
    fingerprint BLOB    NOT NULL, -- of method, path and body: another one is another request
    node        INTEGER NOT NULL, -- node, epoch and n are the request's name, and its hold's
    epoch       INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    state       TEXT    NOT NULL, -- 'running': no end has been reported
    status      INTEGER,          -- the provider's; 0: there was no answer
    charged     INTEGER,          -- micro-credits: what the customer paid
    expires_at  INTEGER NOT NULL, -- from then on the row is as good as gone; it is swept by later claims

    CONSTRAINT idempotency_keys_pk          PRIMARY KEY (shard, org_id, member_id, key),
    CONSTRAINT idempotency_keys_member_id   CHECK (length(member_id) = 16),
    CONSTRAINT idempotency_keys_fingerprint CHECK (length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_state       CHECK (state IN ('running', 'finished')),
    CONSTRAINT idempotency_keys_outcome     CHECK (
        (state = 'finished') = (status IS NOT NULL) AND (state = 'finished') = (charged IS NOT NULL)),
    CONSTRAINT idempotency_keys_charged     CHECK (charged >= 0)
) STRICT;

-- Those that a sync may end, by their holds: few, however many there were.
CREATE INDEX idempotency_keys_running ON idempotency_keys (shard, org_id, node, epoch, n)
    WHERE state = 'running';

CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
