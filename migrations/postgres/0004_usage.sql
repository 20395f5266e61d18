-- What was charged, and for what.

-- Partitions are months, made ahead by the store; what has none yet goes into usage_events_rest.
CREATE TABLE usage_events (
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    node        bigint   NOT NULL,
    epoch       bigint   NOT NULL,
    n           bigint   NOT NULL,
    admitted_at bigint   NOT NULL,
    ended_at    bigint   NOT NULL,
    member_id   uuid     NOT NULL,
    key_id      uuid,
    group_id    uuid,
    project_id  uuid,
    surface     text     NOT NULL,
    tool        text     NOT NULL,
    provider    text     NOT NULL,
    model       text     NOT NULL,
    ending      text     NOT NULL,
    status      integer  NOT NULL,
    requests                bigint NOT NULL,
    input_tokens            bigint NOT NULL,
    cached_input_tokens     bigint NOT NULL,
    cache_write_tokens      bigint NOT NULL,
    cache_write_hour_tokens bigint NOT NULL,
    output_tokens           bigint NOT NULL,
    images                  bigint NOT NULL,
    outputs       bigint   NOT NULL,
    held          bigint   NOT NULL,
    charged       bigint   NOT NULL,
    overrun       bigint   NOT NULL,
    line_accounts uuid[]   NOT NULL,
    line_amounts  bigint[] NOT NULL,
    price_book    text     NOT NULL,
    body_hash     bytea    NOT NULL,

    CONSTRAINT usage_events_pk        PRIMARY KEY (shard, org_id, node, epoch, n, admitted_at),
    CONSTRAINT usage_events_charged   CHECK (charged >= 0),
    CONSTRAINT usage_events_overrun   CHECK (overrun >= 0),
    CONSTRAINT usage_events_lines     CHECK (cardinality(line_accounts) = cardinality(line_amounts)),
    CONSTRAINT usage_events_body_hash CHECK (length(body_hash) = 32)
) PARTITION BY RANGE (admitted_at);

CREATE TABLE usage_events_rest PARTITION OF usage_events DEFAULT;

-- An organisation's requests by time.
CREATE INDEX usage_events_of_org ON usage_events (shard, org_id, admitted_at);

COMMENT ON TABLE usage_events IS
    'Usage events: one row a request, never changed. Node, epoch and n are the event''s name, and its '
    'hold''s and its request''s.';
COMMENT ON TABLE usage_events_rest IS
    'Usage events of months that have no partition of their own.';
COMMENT ON COLUMN usage_events.admitted_at IS
    'decides the hour and the period that it counts in, and the partition';
COMMENT ON COLUMN usage_events.key_id IS 'NULL: none';
COMMENT ON COLUMN usage_events.group_id IS 'the one group that the charge belongs to; NULL: none';
COMMENT ON COLUMN usage_events.project_id IS 'NULL: none';
COMMENT ON COLUMN usage_events.ending IS
    '''settled'', ''estimated'', ''indeterminate'', or why it was released';
COMMENT ON COLUMN usage_events.status IS 'the provider''s; 0: there was no answer';
COMMENT ON COLUMN usage_events.requests IS 'the units that prices count, from here to images';
COMMENT ON COLUMN usage_events.outputs IS 'results delivered';
COMMENT ON COLUMN usage_events.held IS 'micro-credits: held at most';
COMMENT ON COLUMN usage_events.charged IS 'micro-credits: what the customer paid';
COMMENT ON COLUMN usage_events.overrun IS
    'micro-credits: what the platform paid, the cost above the hold';
COMMENT ON COLUMN usage_events.line_accounts IS
    'the accounts that were charged, in their order: each limit the whole, the grants together the whole';
COMMENT ON COLUMN usage_events.line_amounts IS 'micro-credits: what each of line_accounts paid';
COMMENT ON COLUMN usage_events.price_book IS 'the version that it was priced with';
COMMENT ON COLUMN usage_events.body_hash IS 'SHA-256 of the request''s body';

CREATE VIEW usage_lines AS
SELECT
    events.shard,
    events.org_id,
    events.node,
    events.epoch,
    events.n,
    events.admitted_at,
    line.place,
    line.account_id,
    accounts.kind,
    line.amount
FROM usage_events AS events
CROSS JOIN LATERAL unnest(events.line_accounts, events.line_amounts)
    WITH ORDINALITY AS line (account_id, amount, place)
JOIN accounts ON accounts.shard = events.shard AND accounts.org_id = events.org_id
    AND accounts.account_id = line.account_id;

COMMENT ON VIEW usage_lines IS
    'What each account paid of a charge: each limit the whole, the grants together the whole.';
COMMENT ON COLUMN usage_lines.place IS 'in the order that they were charged, from 1';
COMMENT ON COLUMN usage_lines.kind IS '''limit'', or the kind of the grant';
COMMENT ON COLUMN usage_lines.amount IS 'micro-credits: what the account paid';

CREATE TABLE usage_rollups (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    hour_at    bigint   NOT NULL,
    member_id  uuid     NOT NULL,
    key_id     uuid,
    group_id   uuid,
    project_id uuid,
    surface    text     NOT NULL,
    tool       text     NOT NULL,
    provider   text     NOT NULL,
    model      text     NOT NULL,
    grant_kind text     NOT NULL,
    node       bigint   NOT NULL,
    requests   bigint   NOT NULL,
    charged    bigint   NOT NULL,
    priced_requests         bigint NOT NULL,
    input_tokens            bigint NOT NULL,
    cached_input_tokens     bigint NOT NULL,
    cache_write_tokens      bigint NOT NULL,
    cache_write_hour_tokens bigint NOT NULL,
    output_tokens           bigint NOT NULL,
    images                  bigint NOT NULL,
    outputs    bigint   NOT NULL,

    CONSTRAINT usage_rollups_one UNIQUE NULLS NOT DISTINCT (
        shard, org_id, hour_at, member_id, key_id, group_id, project_id, surface, tool, provider,
        model, grant_kind, node),
    CONSTRAINT usage_rollups_grant_kind
        CHECK (grant_kind IN ('none', 'seat', 'promo', 'allocation', 'top_up')),
    CONSTRAINT usage_rollups_charged CHECK (charged >= 0)
) WITH (fillfactor = 70);

COMMENT ON TABLE usage_rollups IS
    'Usage by the hour. A charge split over grants adds to `charged` of each kind''s row; its request, '
    'units and outputs are counted once, in the row of the kind that paid first.';
COMMENT ON COLUMN usage_rollups.hour_at IS
    'first instant of the UTC hour in which the requests were admitted';
COMMENT ON COLUMN usage_rollups.grant_kind IS '''none'': nothing was charged';
COMMENT ON COLUMN usage_rollups.node IS 'so that no two gateways write one row';
COMMENT ON COLUMN usage_rollups.charged IS 'micro-credits: what grants of this kind paid';
COMMENT ON COLUMN usage_rollups.priced_requests IS
    'the units that prices count, from here to images';
COMMENT ON COLUMN usage_rollups.outputs IS 'results delivered';
