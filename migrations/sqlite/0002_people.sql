-- Organisations and those in them. Lists keep their order in the column `place`.

-- Customers.
CREATE TABLE orgs (
    shard           INTEGER NOT NULL, -- a fixed hash of org_id, 0 to 63
    org_id          BLOB    NOT NULL,
    name            TEXT    NOT NULL,
    plan            TEXT    NOT NULL,
    plan_allocation INTEGER NOT NULL, -- micro-credits: granted each billing cycle
    price_minor     INTEGER NOT NULL, -- minor units of price_currency (cents): the plan's price a cycle
    price_currency  TEXT    NOT NULL, -- ISO 4217
    time_zone       TEXT    NOT NULL, -- IANA: periods turn in it
    anchor_day      INTEGER NOT NULL, -- of the month, on which the billing cycle begins
    contact         TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,

    CONSTRAINT orgs_pk         PRIMARY KEY (shard, org_id),
    CONSTRAINT orgs_org_id     CHECK (length(org_id) = 16),
    CONSTRAINT orgs_shard      CHECK (shard BETWEEN 0 AND 63),
    CONSTRAINT orgs_allocation CHECK (plan_allocation >= 0),
    CONSTRAINT orgs_anchor_day CHECK (anchor_day BETWEEN 1 AND 31)
) STRICT, WITHOUT ROWID;

-- Groups of members; a charge belongs to at most one.
CREATE TABLE groups (
    shard    INTEGER NOT NULL,
    org_id   BLOB    NOT NULL,
    group_id BLOB    NOT NULL,
    name     TEXT    NOT NULL,

    CONSTRAINT groups_pk       PRIMARY KEY (shard, org_id, group_id),
    CONSTRAINT groups_org      FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT groups_group_id CHECK (length(group_id) = 16)
) STRICT, WITHOUT ROWID;

-- Who manages a group.
CREATE TABLE group_managers (
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    group_id  BLOB    NOT NULL,
    place     INTEGER NOT NULL,
    member_id BLOB    NOT NULL,

    CONSTRAINT group_managers_pk    PRIMARY KEY (shard, org_id, group_id, place),
    CONSTRAINT group_managers_group FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id)
) STRICT, WITHOUT ROWID;

-- Tags for client billing.
CREATE TABLE projects (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    project_id BLOB    NOT NULL,
    slug       TEXT    NOT NULL, -- its name on the wire
    client     TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    everyone   INTEGER NOT NULL, -- 1: every member may use it; 0: those in project_members

    CONSTRAINT projects_pk         PRIMARY KEY (shard, org_id, project_id),
    CONSTRAINT projects_org        FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT projects_slug       UNIQUE (shard, org_id, slug),
    CONSTRAINT projects_project_id CHECK (length(project_id) = 16),
    CONSTRAINT projects_status     CHECK (status IN ('active', 'archived')),
    CONSTRAINT projects_everyone   CHECK (everyone IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The only members that may use a project.
CREATE TABLE project_members (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    project_id BLOB    NOT NULL,
    place      INTEGER NOT NULL,
    member_id  BLOB    NOT NULL,

    CONSTRAINT project_members_pk      PRIMARY KEY (shard, org_id, project_id, place),
    CONSTRAINT project_members_project FOREIGN KEY (shard, org_id, project_id)
        REFERENCES projects (shard, org_id, project_id)
) STRICT, WITHOUT ROWID;

-- People and service accounts.
CREATE TABLE members (
    shard           INTEGER NOT NULL,
    org_id          BLOB    NOT NULL,
    member_id       BLOB    NOT NULL,
    name            TEXT    NOT NULL,
    email           TEXT,
    service_account INTEGER NOT NULL, -- 1: a program
    role            TEXT    NOT NULL,
    job_role        TEXT,
    status          TEXT    NOT NULL,
    home_group_id   BLOB,             -- the group that its charges belong to
    tools           TEXT,             -- JSON array of the only tools it may use; NULL: any

    CONSTRAINT members_pk              PRIMARY KEY (shard, org_id, member_id),
    CONSTRAINT members_org             FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT members_home_group      FOREIGN KEY (shard, org_id, home_group_id)
        REFERENCES groups (shard, org_id, group_id),
    CONSTRAINT members_member_id       CHECK (length(member_id) = 16),
    CONSTRAINT members_service_account CHECK (service_account IN (0, 1)),
    CONSTRAINT members_role            CHECK (role IN ('owner', 'admin', 'manager', 'member')),
    CONSTRAINT members_status          CHECK (status IN ('active', 'access_removed', 'deactivated'))
) STRICT, WITHOUT ROWID;

-- The groups that a member is in, its home included.
CREATE TABLE member_groups (
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    member_id BLOB    NOT NULL,
    place     INTEGER NOT NULL,
    group_id  BLOB    NOT NULL,

    CONSTRAINT member_groups_pk     PRIMARY KEY (shard, org_id, member_id, place),
    CONSTRAINT member_groups_member FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id),
    CONSTRAINT member_groups_group  FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id)
) STRICT, WITHOUT ROWID;

-- API keys, without their secrets.
CREATE TABLE keys (
    shard      INTEGER NOT NULL,
    org_id     BLOB    NOT NULL,
    key_id     BLOB    NOT NULL,
    member_id  BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    hint       TEXT    NOT NULL, -- the first characters of its first secret
    surface    TEXT    NOT NULL, -- where its calls come from
    status     TEXT    NOT NULL,
    group_id   BLOB,             -- the group its charges belong to, instead of the member's home
    project_id BLOB,             -- the project its charges belong to
    tools      TEXT,             -- JSON array of the only tools it may be used for; NULL: any
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,

    CONSTRAINT keys_pk      PRIMARY KEY (shard, org_id, key_id),
    CONSTRAINT keys_member  FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id),
    CONSTRAINT keys_group   FOREIGN KEY (shard, org_id, group_id)
        REFERENCES groups (shard, org_id, group_id),
    CONSTRAINT keys_project FOREIGN KEY (shard, org_id, project_id)
        REFERENCES projects (shard, org_id, project_id),
    CONSTRAINT keys_key_id  CHECK (length(key_id) = 16),
    CONSTRAINT keys_surface CHECK (surface IN ('platform', 'extension', 'api', 'workspace')),
    CONSTRAINT keys_status  CHECK (status IN ('active', 'blocked', 'revoked'))
) STRICT, WITHOUT ROWID;

-- What opens a key: only the hash is here, and the pepper that went into it is not.
CREATE TABLE key_secrets (
    secret_hash BLOB    NOT NULL, -- HMAC-SHA-256
    shard       INTEGER NOT NULL,
    org_id      BLOB    NOT NULL,
    key_id      BLOB    NOT NULL,
    pepper      INTEGER NOT NULL, -- the version of the pepper
    not_after   INTEGER NOT NULL, -- first instant at which it no longer opens the key

    CONSTRAINT key_secrets_pk     PRIMARY KEY (secret_hash),
    CONSTRAINT key_secrets_key    FOREIGN KEY (shard, org_id, key_id)
        REFERENCES keys (shard, org_id, key_id),
    CONSTRAINT key_secrets_length CHECK (length(secret_hash) = 32)
) STRICT, WITHOUT ROWID;
