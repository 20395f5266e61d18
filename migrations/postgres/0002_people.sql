-- Organisations and those in them. Lists keep their order in the column `place`.

CREATE TABLE orgs (
    shard           smallint NOT NULL,
    org_id          uuid     NOT NULL,
    name            text     NOT NULL,
    plan            text     NOT NULL,
    plan_allocation bigint   NOT NULL,
    price_minor     bigint   NOT NULL,
    price_currency  text     NOT NULL,
    time_zone       text     NOT NULL,
    anchor_day      smallint NOT NULL,
    contact         text     NOT NULL,
    created_at      bigint   NOT NULL,

    CONSTRAINT orgs_pk         PRIMARY KEY (shard, org_id),
    CONSTRAINT orgs_shard      CHECK (shard BETWEEN 0 AND 63),
    CONSTRAINT orgs_allocation CHECK (plan_allocation >= 0),
    CONSTRAINT orgs_anchor_day CHECK (anchor_day BETWEEN 1 AND 31)
);

COMMENT ON TABLE orgs IS 'Organisations: the customers.';
COMMENT ON COLUMN orgs.shard IS 'a fixed hash of org_id, 0 to 63; leads every key, here and elsewhere';
COMMENT ON COLUMN orgs.plan_allocation IS 'micro-credits: granted each billing cycle';
COMMENT ON COLUMN orgs.price_minor IS
    'minor units of price_currency (cents): the plan''s price a cycle';
COMMENT ON COLUMN orgs.price_currency IS 'ISO 4217';
COMMENT ON COLUMN orgs.time_zone IS 'IANA: periods turn in it';
COMMENT ON COLUMN orgs.anchor_day IS 'of the month, on which the billing cycle begins';

CREATE TABLE groups (
    shard    smallint NOT NULL,
    org_id   uuid     NOT NULL,
    group_id uuid     NOT NULL,
    name     text     NOT NULL,

    CONSTRAINT groups_pk  PRIMARY KEY (shard, org_id, group_id),
    CONSTRAINT groups_org FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id)
);

COMMENT ON TABLE groups IS 'Groups of members; a charge belongs to at most one.';

CREATE TABLE group_managers (
    shard     smallint NOT NULL,
    org_id    uuid     NOT NULL,
    group_id  uuid     NOT NULL,
    place     integer  NOT NULL,
    member_id uuid     NOT NULL,

    CONSTRAINT group_managers_pk    PRIMARY KEY (shard, org_id, group_id, place),
    CONSTRAINT group_managers_group FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id)
);

COMMENT ON TABLE group_managers IS 'Who manages a group.';

CREATE TABLE projects (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    project_id uuid     NOT NULL,
    slug       text     NOT NULL,
    client     text     NOT NULL,
    status     text     NOT NULL,
    everyone   boolean  NOT NULL,

    CONSTRAINT projects_pk     PRIMARY KEY (shard, org_id, project_id),
    CONSTRAINT projects_org    FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT projects_slug   UNIQUE (shard, org_id, slug),
    CONSTRAINT projects_status CHECK (status IN ('active', 'archived'))
);

COMMENT ON TABLE projects IS 'Tags for client billing.';
COMMENT ON COLUMN projects.slug IS 'its name on the wire';
COMMENT ON COLUMN projects.everyone IS 'every member may use it; if not, those in project_members';

CREATE TABLE project_members (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    project_id uuid     NOT NULL,
    place      integer  NOT NULL,
    member_id  uuid     NOT NULL,

    CONSTRAINT project_members_pk      PRIMARY KEY (shard, org_id, project_id, place),
    CONSTRAINT project_members_project FOREIGN KEY (shard, org_id, project_id)
        REFERENCES projects (shard, org_id, project_id)
);

COMMENT ON TABLE project_members IS 'The only members that may use a project.';

CREATE TABLE members (
    shard           smallint NOT NULL,
    org_id          uuid     NOT NULL,
    member_id       uuid     NOT NULL,
    name            text     NOT NULL,
    email           text,
    service_account boolean  NOT NULL,
    role            text     NOT NULL,
    job_role        text,
    status          text     NOT NULL,
    home_group_id   uuid,
    tools           text[],

    CONSTRAINT members_pk         PRIMARY KEY (shard, org_id, member_id),
    CONSTRAINT members_org        FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT members_home_group FOREIGN KEY (shard, org_id, home_group_id)
        REFERENCES groups (shard, org_id, group_id),
    CONSTRAINT members_role       CHECK (role IN ('owner', 'admin', 'manager', 'member')),
    CONSTRAINT members_status     CHECK (status IN ('active', 'access_removed', 'deactivated'))
);

COMMENT ON TABLE members IS 'People and service accounts.';
COMMENT ON COLUMN members.service_account IS 'it is a program';
COMMENT ON COLUMN members.home_group_id IS 'the group that its charges belong to';
COMMENT ON COLUMN members.tools IS 'the only tools it may use; NULL: any';

CREATE TABLE member_groups (
    shard     smallint NOT NULL,
    org_id    uuid     NOT NULL,
    member_id uuid     NOT NULL,
    place     integer  NOT NULL,
    group_id  uuid     NOT NULL,

    CONSTRAINT member_groups_pk     PRIMARY KEY (shard, org_id, member_id, place),
    CONSTRAINT member_groups_member FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id),
    CONSTRAINT member_groups_group  FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id)
);

COMMENT ON TABLE member_groups IS 'The groups that a member is in, its home included.';

CREATE TABLE keys (
    shard      smallint NOT NULL,
    org_id     uuid     NOT NULL,
    key_id     uuid     NOT NULL,
    member_id  uuid     NOT NULL,
    name       text     NOT NULL,
    hint       text     NOT NULL,
    surface    text     NOT NULL,
    status     text     NOT NULL,
    group_id   uuid,
    project_id uuid,
    tools      text[],
    created_at bigint   NOT NULL,
    expires_at bigint   NOT NULL,

    CONSTRAINT keys_pk      PRIMARY KEY (shard, org_id, key_id),
    CONSTRAINT keys_member  FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id),
    CONSTRAINT keys_group   FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id),
    CONSTRAINT keys_project FOREIGN KEY (shard, org_id, project_id)
        REFERENCES projects (shard, org_id, project_id),
    CONSTRAINT keys_surface CHECK (surface IN ('platform', 'extension', 'api', 'workspace')),
    CONSTRAINT keys_status  CHECK (status IN ('active', 'blocked', 'revoked'))
);

COMMENT ON TABLE keys IS 'API keys, without their secrets.';
COMMENT ON COLUMN keys.hint IS 'the first characters of its first secret';
COMMENT ON COLUMN keys.surface IS 'where its calls come from';
COMMENT ON COLUMN keys.group_id IS
    'the group its charges belong to, instead of the member''s home';
COMMENT ON COLUMN keys.project_id IS 'the project its charges belong to';
COMMENT ON COLUMN keys.tools IS 'the only tools it may be used for; NULL: any';

CREATE TABLE key_secrets (
    secret_hash bytea    NOT NULL,
    shard       smallint NOT NULL,
    org_id      uuid     NOT NULL,
    key_id      uuid     NOT NULL,
    pepper      integer  NOT NULL,
    not_after   bigint   NOT NULL,

    CONSTRAINT key_secrets_pk     PRIMARY KEY (secret_hash),
    CONSTRAINT key_secrets_key    FOREIGN KEY (shard, org_id, key_id)
        REFERENCES keys (shard, org_id, key_id),
    CONSTRAINT key_secrets_length CHECK (length(secret_hash) = 32)
);

COMMENT ON TABLE key_secrets IS
    'What opens a key: only the hash is here, and the pepper that went into it is not.';
COMMENT ON COLUMN key_secrets.secret_hash IS 'HMAC-SHA-256';
COMMENT ON COLUMN key_secrets.pepper IS 'the version of the pepper';
COMMENT ON COLUMN key_secrets.not_after IS 'first instant at which it no longer opens the key';
