-- What was charged, and for what. One row a request, in one tree: README.md says why no more.

-- Who used what: everything that usage is told apart by, except time, grant and gateway. Events and
-- rollups name it by its number, which keeps both short.
CREATE TABLE usage_series (
    series     INTEGER NOT NULL, -- counted up within this file
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    member_id  BLOB    NOT NULL,
    key_id     BLOB    NOT NULL, -- empty: none
    group_id   BLOB    NOT NULL, -- the one group that the charges belong to; empty: none
    project_id BLOB    NOT NULL, -- empty: none
    surface    TEXT    NOT NULL,
    tool       TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    model      TEXT    NOT NULL,

    CONSTRAINT usage_series_pk  PRIMARY KEY (series),
    CONSTRAINT usage_series_who UNIQUE
        (shard, org_id, member_id, key_id, group_id, project_id, surface, tool, provider, model)
) STRICT;

-- Usage events: one row a request, never changed.
CREATE TABLE usage_events (
    shard       INTEGER NOT NULL,
    org_id      BLOB    NOT NULL,
    node        INTEGER NOT NULL, -- node, epoch and n are the event's name, and its hold's and its request's
    epoch       INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    series      INTEGER NOT NULL, -- who used what
    admitted_at INTEGER NOT NULL, -- decides the hour and the period that it counts in
    charged     INTEGER NOT NULL, -- micro-credits: what the customer paid
    detail      TEXT    NOT NULL, -- JSON array: usage_requests names its places

    CONSTRAINT usage_events_pk PRIMARY KEY (shard, org_id, node, epoch, n)
) STRICT, WITHOUT ROWID;

-- Where to find the events of an hour: between these numbers of a gateway's start.
CREATE TABLE usage_spans (
    shard   INTEGER NOT NULL,
    org_id  BLOB    NOT NULL,
    hour_at INTEGER NOT NULL, -- first instant of the UTC hour in which the requests were admitted
    node    INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    first_n INTEGER NOT NULL,
    last_n  INTEGER NOT NULL,

    CONSTRAINT usage_spans_pk PRIMARY KEY (shard, org_id, hour_at, node, epoch)
) STRICT, WITHOUT ROWID;

-- Usage events with everything by its name.
CREATE VIEW usage_requests AS
SELECT
    events.shard,
    events.org_id,
    events.node,
    events.epoch,
    events.n,
    series.member_id,
    series.key_id,
    series.group_id,
    series.project_id,
    series.surface,
    series.tool,
    series.provider,
    series.model,
    events.admitted_at,
    events.admitted_at + (events.detail ->> 0) AS ended_at,
    events.detail ->> 1 AS ending,       -- 'settled', 'estimated', 'indeterminate', or why it was released
    events.detail ->> 2 AS status,       -- the provider's; 0: there was no answer
    events.detail ->> '$[3][0]' AS requests,
    events.detail ->> '$[3][1]' AS input_tokens,
    events.detail ->> '$[3][2]' AS cached_input_tokens,
    events.detail ->> '$[3][3]' AS cache_write_tokens,
    events.detail ->> '$[3][4]' AS cache_write_hour_tokens,
    events.detail ->> '$[3][5]' AS output_tokens,
    events.detail ->> '$[3][6]' AS images,
    events.detail ->> 4 AS outputs,      -- results delivered
    events.detail ->> 5 AS held,         -- micro-credits: held at most
    events.charged,                      -- micro-credits: what the customer paid
    events.detail ->> 6 AS overrun,      -- micro-credits: what the platform paid, the cost above the hold
    events.detail ->> 7 AS lines,        -- [accounts.number, micro-credits] each: see usage_lines
    events.detail ->> 8 AS price_book,   -- the version that it was priced with
    events.detail ->> 9 AS body_hash     -- SHA-256 of the request's body, in hexadecimal
FROM usage_events AS events
CROSS JOIN usage_series AS series ON series.series = events.series;

-- What each account paid of a charge: each limit the whole, the grants together the whole.
CREATE VIEW usage_lines AS
SELECT
    events.shard,
    events.org_id,
    events.node,
    events.epoch,
    events.n,
    line.key         AS place,  -- in the order that they were charged
    accounts.account_id,
    accounts.kind,              -- 'limit', or the kind of the grant
    line.value ->> 1 AS amount  -- micro-credits: what the account paid
FROM usage_events AS events
CROSS JOIN json_each(events.detail, '$[7]') AS line
CROSS JOIN accounts ON accounts.number = line.value ->> 0;

-- Usage by the hour. A charge split over grants adds to `charged` of each kind's row; its request,
-- units and outputs are counted once, in the row of the kind that paid first.
CREATE TABLE usage_rollups (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    hour_at    INTEGER NOT NULL, -- first instant of the UTC hour in which the requests were admitted
    series     INTEGER NOT NULL, -- who used what
    grant_kind TEXT    NOT NULL, -- 'none': nothing was charged
    node       INTEGER NOT NULL, -- so that no two gateways write one row
    requests   INTEGER NOT NULL,
    charged    INTEGER NOT NULL, -- micro-credits: what grants of this kind paid
    priced_requests         INTEGER NOT NULL, -- the units that prices count, from here to images
    input_tokens            INTEGER NOT NULL,
    cached_input_tokens     INTEGER NOT NULL,
    cache_write_tokens      INTEGER NOT NULL,
    cache_write_hour_tokens INTEGER NOT NULL,
    output_tokens           INTEGER NOT NULL,
    images                  INTEGER NOT NULL,
    outputs    INTEGER NOT NULL, -- results delivered

    CONSTRAINT usage_rollups_pk PRIMARY KEY (shard, org_id, hour_at, series, grant_kind, node),
    CONSTRAINT usage_rollups_grant_kind
        CHECK (grant_kind IN ('none', 'seat', 'promo', 'allocation', 'top_up')),
    CONSTRAINT usage_rollups_charged CHECK (charged >= 0)
) STRICT, WITHOUT ROWID;
