-- Idempotency keys: by them a client says that two requests are one.

CREATE TABLE idempotency_keys (
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    member_id   uuid     NOT NULL,
    key         text     NOT NULL,
    fingerprint bytea    NOT NULL,
    node        bigint   NOT NULL,
    epoch       bigint   NOT NULL,
    n           bigint   NOT NULL,
    state       text     NOT NULL,
    status      integer,
    charged     bigint,
    expires_at  bigint   NOT NULL,

    CONSTRAINT idempotency_keys_pk          PRIMARY KEY (shard, org_id, member_id, key),
    CONSTRAINT idempotency_keys_fingerprint CHECK (length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_state       CHECK (state IN ('running', 'finished')),
    CONSTRAINT idempotency_keys_outcome     CHECK (
        (state = 'finished') = (status IS NOT NULL) AND (state = 'finished') = (charged IS NOT NULL)),
    CONSTRAINT idempotency_keys_charged     CHECK (charged >= 0)
);

-- Those that a sync may end, by their holds: few, however many there were.
CREATE INDEX idempotency_keys_running ON idempotency_keys (shard, org_id, node, epoch, n)
    WHERE state = 'running';
-- Those that a gateway's earlier starts left.
CREATE INDEX idempotency_keys_of_node ON idempotency_keys (node, epoch) WHERE state = 'running';
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

COMMENT ON TABLE idempotency_keys IS
    'What each member used a key for. A row is written before its request''s hold is taken, ended in the '
    'sync that reports the charge, and deleted where nothing came of the request. The answer''s body is '
    'nowhere kept.';
COMMENT ON COLUMN idempotency_keys.key IS
    'as the client chose it: another member''s is another key';
COMMENT ON COLUMN idempotency_keys.fingerprint IS
    'of method, path and body: another one is another request';
COMMENT ON COLUMN idempotency_keys.node IS
    'node, epoch and n are the request''s name, and its hold''s';
COMMENT ON COLUMN idempotency_keys.state IS '''running'': no end has been reported';
COMMENT ON COLUMN idempotency_keys.status IS 'the provider''s; 0: there was no answer';
COMMENT ON COLUMN idempotency_keys.charged IS 'micro-credits: what the customer paid';
COMMENT ON COLUMN idempotency_keys.expires_at IS
    'from then on the row is as good as gone; it is swept by later claims';
