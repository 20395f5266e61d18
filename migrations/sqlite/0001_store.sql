-- The store itself, the gateways that write to it, and the feed of changes.

-- Which store this is. One row.
CREATE TABLE meta (
    row_number  INTEGER NOT NULL,
    store_id    BLOB    NOT NULL, -- made with the store; another one is another store
    incarnation INTEGER NOT NULL, -- counted up when the store was restored: gateways read everything again
    change_seq  INTEGER NOT NULL, -- the last change; counted up inside the change's own transaction

    CONSTRAINT meta_pk         PRIMARY KEY (row_number),
    CONSTRAINT meta_one_row    CHECK (row_number = 1),
    CONSTRAINT meta_store_id   CHECK (length(store_id) = 16),
    CONSTRAINT meta_change_seq CHECK (change_seq >= 0)
) STRICT;

INSERT INTO meta (row_number, store_id, incarnation, change_seq) VALUES (1, randomblob(16), 1, 0);

-- What changed last, one row an entity: its newest change stands for all earlier ones.
CREATE TABLE changes (
    seq       INTEGER NOT NULL, -- from meta.change_seq
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    entity    TEXT    NOT NULL,
    entity_id BLOB    NOT NULL,

    CONSTRAINT changes_pk         PRIMARY KEY (seq),
    CONSTRAINT changes_one_entity UNIQUE (shard, org_id, entity, entity_id),
    CONSTRAINT changes_entity     CHECK (entity IN ('org', 'group', 'project', 'member', 'key', 'grant', 'limit'))
) STRICT;

-- Gateways: one row a data folder.
CREATE TABLE nodes (
    node          INTEGER NOT NULL,
    epoch         INTEGER NOT NULL, -- its last start; whoever comes with another one is fenced
    journal       BLOB    NOT NULL, -- the journal of its last start
    registered_at INTEGER NOT NULL,

    CONSTRAINT nodes_pk      PRIMARY KEY (node),
    CONSTRAINT nodes_epoch   CHECK (epoch > 0),
    CONSTRAINT nodes_journal CHECK (length(journal) = 16)
) STRICT;

-- How much of each journal is booked: written in the transaction that books it.
CREATE TABLE applied (
    shard        INTEGER NOT NULL,
    node         INTEGER NOT NULL,
    journal      BLOB    NOT NULL,
    seq          INTEGER NOT NULL, -- the last sync
    lsn          INTEGER NOT NULL, -- the last record that it reported
    fingerprint  BLOB    NOT NULL, -- of the last sync's request: the same again is answered the same
    answer       BLOB    NOT NULL, -- leases granted: account (16 bytes), micro-credits (8 bytes, big-endian), repeated

    CONSTRAINT applied_pk          PRIMARY KEY (shard, node, journal),
    CONSTRAINT applied_seq         CHECK (seq > 0),
    CONSTRAINT applied_lsn         CHECK (lsn >= 0),
    CONSTRAINT applied_fingerprint CHECK (length(fingerprint) = 32),
    CONSTRAINT applied_answer      CHECK (length(answer) % 24 = 0)
) STRICT, WITHOUT ROWID;
