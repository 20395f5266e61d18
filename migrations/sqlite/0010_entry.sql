-- Who may enter: what keys and tokens may be used for, how often, and which tokens are none any more.
-- Rates are calls that each gateway counts for itself; NULL: any number.

ALTER TABLE orgs ADD COLUMN require_project INTEGER NOT NULL DEFAULT 0 -- 1: everything that is spent has to be charged to a project
    CONSTRAINT orgs_require_project CHECK (require_project IN (0, 1));
ALTER TABLE orgs ADD COLUMN rate_per_second INTEGER -- calls of all its members in a second
    CONSTRAINT orgs_rate_per_second CHECK (rate_per_second BETWEEN 1 AND 4294967295);
ALTER TABLE orgs ADD COLUMN rate_per_minute INTEGER -- and in a minute
    CONSTRAINT orgs_rate_per_minute CHECK (rate_per_minute BETWEEN 1 AND 4294967295);
ALTER TABLE orgs ADD COLUMN rate_concurrent INTEGER -- and that run at a time
    CONSTRAINT orgs_rate_concurrent CHECK (rate_concurrent BETWEEN 1 AND 4294967295);

-- The smallest integer there is: every token is valid.
ALTER TABLE members ADD COLUMN tokens_valid_after INTEGER NOT NULL DEFAULT -9223372036854775808; -- tokens issued before it are not its own
ALTER TABLE members ADD COLUMN rate_per_second INTEGER -- calls with all its keys and tokens in a second
    CONSTRAINT members_rate_per_second CHECK (rate_per_second BETWEEN 1 AND 4294967295);
ALTER TABLE members ADD COLUMN rate_per_minute INTEGER -- and in a minute
    CONSTRAINT members_rate_per_minute CHECK (rate_per_minute BETWEEN 1 AND 4294967295);
ALTER TABLE members ADD COLUMN rate_concurrent INTEGER -- and that run at a time
    CONSTRAINT members_rate_concurrent CHECK (rate_concurrent BETWEEN 1 AND 4294967295);

-- Whom tokens call a member: each is one member's in the organisation.
CREATE TABLE member_subjects (
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    member_id BLOB    NOT NULL,
    place     INTEGER NOT NULL,
    issuer    TEXT    NOT NULL, -- the claim iss, compared exactly
    subject   TEXT    NOT NULL, -- the claim sub: the issuer's name for the member

    CONSTRAINT member_subjects_pk        PRIMARY KEY (shard, org_id, member_id, place),
    CONSTRAINT member_subjects_one_owner UNIQUE (shard, org_id, issuer, subject),
    CONSTRAINT member_subjects_member    FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE keys ADD COLUMN models TEXT; -- JSON array of the only models it may ask for, a trailing * stands for any rest; NULL: any
ALTER TABLE keys ADD COLUMN ips TEXT;    -- JSON array of the only networks it may be used from, in CIDR notation; NULL: any
ALTER TABLE keys ADD COLUMN rate_per_second INTEGER -- calls in a second
    CONSTRAINT keys_rate_per_second CHECK (rate_per_second BETWEEN 1 AND 4294967295);
ALTER TABLE keys ADD COLUMN rate_per_minute INTEGER -- and in a minute
    CONSTRAINT keys_rate_per_minute CHECK (rate_per_minute BETWEEN 1 AND 4294967295);
ALTER TABLE keys ADD COLUMN rate_concurrent INTEGER -- and that run at a time
    CONSTRAINT keys_rate_concurrent CHECK (rate_concurrent BETWEEN 1 AND 4294967295);
ALTER TABLE keys ADD COLUMN version INTEGER NOT NULL DEFAULT 1 -- counted up with each change: whoever read an earlier one is refused
    CONSTRAINT keys_version CHECK (version >= 1);

-- What opens a key, the newest first. Secrets that were there know no more of themselves than their
-- key does: the one that opens it longest is the newest.
CREATE TABLE key_secrets_known (
    secret_hash  BLOB    NOT NULL, -- HMAC-SHA-256
    shard        INTEGER NOT NULL,
    org_id       BLOB    NOT NULL,
    key_id       BLOB    NOT NULL,
    place        INTEGER NOT NULL,
    pepper       INTEGER NOT NULL, -- the version of the pepper
    hint         TEXT    NOT NULL, -- its first characters, by which people know it
    created_at   INTEGER NOT NULL,
    not_after    INTEGER NOT NULL, -- first instant at which it no longer opens the key
    revoked      INTEGER NOT NULL, -- 1: its key is; here as well, so that a start reads a million without their keys
    last_used_at INTEGER,          -- as far as gateways have told; no change of the key

    CONSTRAINT key_secrets_pk      PRIMARY KEY (secret_hash),
    CONSTRAINT key_secrets_places  UNIQUE (shard, org_id, key_id, place),
    CONSTRAINT key_secrets_key     FOREIGN KEY (shard, org_id, key_id)
        REFERENCES keys (shard, org_id, key_id),
    CONSTRAINT key_secrets_length  CHECK (length(secret_hash) = 32),
    CONSTRAINT key_secrets_revoked CHECK (revoked IN (0, 1))
) STRICT, WITHOUT ROWID;

INSERT INTO key_secrets_known (
    secret_hash, shard, org_id, key_id, place, pepper, hint, created_at, not_after, revoked)
SELECT secret_hash, shard, org_id, key_id,
    row_number() OVER (
        PARTITION BY shard, org_id, key_id ORDER BY not_after DESC, secret_hash) - 1,
    pepper, keys.hint, keys.created_at, not_after, keys.status = 'revoked'
FROM key_secrets JOIN keys USING (shard, org_id, key_id);
DROP TABLE key_secrets;
ALTER TABLE key_secrets_known RENAME TO key_secrets;

-- Tokens that an admin has revoked one by one, until they would have ended anyway. A row that goes
-- takes its row in `changes` along.
CREATE TABLE revoked_tokens (
    shard    INTEGER NOT NULL,
    org_id   BLOB    NOT NULL,
    token_id BLOB    NOT NULL, -- follows from issuer and jti; by it the feed of changes knows the token
    issuer   TEXT    NOT NULL, -- the claim iss
    jti      TEXT    NOT NULL, -- the claim jti
    until_at INTEGER NOT NULL, -- from here on the token is none by itself

    CONSTRAINT revoked_tokens_pk       PRIMARY KEY (shard, org_id, token_id),
    CONSTRAINT revoked_tokens_org      FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT revoked_tokens_token_id CHECK (length(token_id) = 16)
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_by_end ON revoked_tokens (shard, org_id, until_at);

-- The feed also tells of revoked tokens.
CREATE TABLE changes_told (
    seq       INTEGER NOT NULL, -- from meta.change_seq
    shard     INTEGER NOT NULL,
    org_id    BLOB    NOT NULL,
    entity    TEXT    NOT NULL,
    entity_id BLOB    NOT NULL,

    CONSTRAINT changes_pk         PRIMARY KEY (seq),
    CONSTRAINT changes_one_entity UNIQUE (shard, org_id, entity, entity_id),
    CONSTRAINT changes_entity     CHECK (entity IN (
        'org', 'group', 'project', 'member', 'key', 'grant', 'limit', 'refund', 'token'))
) STRICT;

INSERT INTO changes_told SELECT seq, shard, org_id, entity, entity_id FROM changes;
DROP TABLE changes;
ALTER TABLE changes_told RENAME TO changes;
