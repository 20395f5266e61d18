-- The store itself, the gateways that write to it, and the feed of changes.

CREATE TABLE meta (
    row_number     smallint NOT NULL,
    store_id       uuid     NOT NULL,
    incarnation    bigint   NOT NULL,
    incarnation_at bigint   NOT NULL,
    change_seq     bigint   NOT NULL,
    lineage        text,

    CONSTRAINT meta_pk          PRIMARY KEY (row_number),
    CONSTRAINT meta_one_row     CHECK (row_number = 1),
    CONSTRAINT meta_incarnation CHECK (incarnation > 0),
    CONSTRAINT meta_change_seq  CHECK (change_seq >= 0)
) WITH (fillfactor = 10);

COMMENT ON TABLE meta IS
    'Which store this is, and the one counter of changes. One row, locked last by who changes something.';
COMMENT ON COLUMN meta.store_id IS 'made with the store; another one is another store';
COMMENT ON COLUMN meta.incarnation IS
    'counted up when the store has gone back in time, or may have, since it stands on another server: '
    'gateways read everything again, and tell what the store has forgotten';
COMMENT ON COLUMN meta.incarnation_at IS 'when it was last counted up';
COMMENT ON COLUMN meta.lineage IS
    'the cluster, and the line of its history, that the store was last met on; NULL for one never met';
COMMENT ON COLUMN meta.change_seq IS
    'the last change; counted up inside the change''s own transaction, so that numbers commit in order';

INSERT INTO meta (row_number, store_id, incarnation, incarnation_at, change_seq)
VALUES (1, gen_random_uuid(), 1, -9223372036854775808, 0);

CREATE TABLE schema_compat (
    row_number smallint NOT NULL,
    runs_from  bigint   NOT NULL,

    CONSTRAINT schema_compat_pk        PRIMARY KEY (row_number),
    CONSTRAINT schema_compat_one_row   CHECK (row_number = 1),
    CONSTRAINT schema_compat_runs_from CHECK (runs_from > 0)
);

COMMENT ON TABLE schema_compat IS 'Which older binaries may still run on these tables. One row.';
COMMENT ON COLUMN schema_compat.runs_from IS
    'a binary may run here whose own last migration is this one or a later one; a migration that takes '
    'something away sets it to the first migration that did without';

INSERT INTO schema_compat (row_number, runs_from) VALUES (1, 1);

CREATE TABLE changes (
    seq       bigint   NOT NULL,
    shard     smallint NOT NULL,
    org_id    uuid     NOT NULL,
    entity    text     NOT NULL,
    entity_id uuid     NOT NULL,

    CONSTRAINT changes_pk         PRIMARY KEY (seq),
    CONSTRAINT changes_one_entity UNIQUE (shard, org_id, entity, entity_id),
    CONSTRAINT changes_entity     CHECK (
        entity IN ('org', 'group', 'project', 'member', 'key', 'grant', 'limit', 'refund'))
) WITH (fillfactor = 70);

COMMENT ON TABLE changes IS
    'What changed last, one row an entity: its newest change stands for all earlier ones.';
COMMENT ON COLUMN changes.seq IS 'from meta.change_seq';
COMMENT ON COLUMN changes.entity IS '''refund'': what an account was given back';

CREATE TABLE nodes (
    node          bigint NOT NULL,
    epoch         bigint NOT NULL,
    journal       uuid   NOT NULL,
    registered_at bigint NOT NULL,
    heard_at      bigint NOT NULL,
    control       text,
    state         text   NOT NULL,
    incarnation   bigint NOT NULL,

    CONSTRAINT nodes_pk          PRIMARY KEY (node),
    CONSTRAINT nodes_node        CHECK (node BETWEEN 0 AND 4294967295),
    CONSTRAINT nodes_epoch       CHECK (epoch BETWEEN 1 AND 4294967295),
    CONSTRAINT nodes_incarnation CHECK (incarnation >= 0),
    CONSTRAINT nodes_state       CHECK (state IN (
        'running', -- live for as long as it is heard of, suspect once it is silent
        'stopped', -- ended in order, with nothing left to report or to give back
        'retired'  -- given up by the operator
    ))
) WITH (fillfactor = 50);

COMMENT ON TABLE nodes IS 'Gateways: one row a data folder.';
COMMENT ON COLUMN nodes.epoch IS 'its last start; whoever comes with another one is fenced';
COMMENT ON COLUMN nodes.journal IS 'the journal of its last start';
COMMENT ON COLUMN nodes.heard_at IS 'its last start or heartbeat';
COMMENT ON COLUMN nodes.control IS
    'host:port of its operations listener, for the control endpoint; NULL: it has none';
COMMENT ON COLUMN nodes.incarnation IS
    'the incarnation of the store that it has told everything; 0 for a start that has not yet';

CREATE TABLE applied (
    shard       smallint NOT NULL,
    node        bigint   NOT NULL,
    journal     uuid     NOT NULL,
    seq         bigint   NOT NULL,
    lsn         bigint   NOT NULL,
    fingerprint bytea    NOT NULL,
    answer      bytea    NOT NULL,

    CONSTRAINT applied_pk          PRIMARY KEY (shard, node, journal),
    CONSTRAINT applied_shard       CHECK (shard BETWEEN 0 AND 63),
    CONSTRAINT applied_seq         CHECK (seq > 0),
    CONSTRAINT applied_lsn         CHECK (lsn >= 0),
    CONSTRAINT applied_fingerprint CHECK (length(fingerprint) = 32)
) WITH (fillfactor = 50);

-- A starting gateway asks for its own, of all shards.
CREATE INDEX applied_of_node ON applied (node, journal);

COMMENT ON TABLE applied IS
    'How much of each journal is booked: written in the transaction that books it.';
COMMENT ON COLUMN applied.seq IS 'the last sync';
COMMENT ON COLUMN applied.lsn IS 'the last record that it reported';
COMMENT ON COLUMN applied.fingerprint IS
    'of the last sync''s request: the same again is answered the same';
COMMENT ON COLUMN applied.answer IS 'the last sync''s answer, encoded';
