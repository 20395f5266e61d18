-- Who may enter: what keys and tokens may be used for, how often, and which tokens are none any more.
-- Gateways of the version before know nothing of it; what they write meanwhile is completed by
-- defaults and triggers. Tables are changed in the order in which changes of people lock them.

ALTER TABLE orgs
    ADD COLUMN require_project boolean NOT NULL DEFAULT false,
    ADD COLUMN rate_per_second bigint
        CONSTRAINT orgs_rate_per_second CHECK (rate_per_second BETWEEN 1 AND 4294967295),
    ADD COLUMN rate_per_minute bigint
        CONSTRAINT orgs_rate_per_minute CHECK (rate_per_minute BETWEEN 1 AND 4294967295),
    ADD COLUMN rate_concurrent bigint
        CONSTRAINT orgs_rate_concurrent CHECK (rate_concurrent BETWEEN 1 AND 4294967295);

COMMENT ON COLUMN orgs.require_project IS 'everything that is spent has to be charged to a project';
COMMENT ON COLUMN orgs.rate_per_second IS
    'calls of all its members in a second, counted by each gateway for itself; NULL: any number';
COMMENT ON COLUMN orgs.rate_per_minute IS 'and in a minute';
COMMENT ON COLUMN orgs.rate_concurrent IS 'and that run at a time';

ALTER TABLE members
    ADD COLUMN tokens_valid_after bigint NOT NULL DEFAULT -9223372036854775808,
    ADD COLUMN rate_per_second bigint
        CONSTRAINT members_rate_per_second CHECK (rate_per_second BETWEEN 1 AND 4294967295),
    ADD COLUMN rate_per_minute bigint
        CONSTRAINT members_rate_per_minute CHECK (rate_per_minute BETWEEN 1 AND 4294967295),
    ADD COLUMN rate_concurrent bigint
        CONSTRAINT members_rate_concurrent CHECK (rate_concurrent BETWEEN 1 AND 4294967295);

COMMENT ON COLUMN members.tokens_valid_after IS
    'tokens issued before it are not its own; the smallest number there is: none';
COMMENT ON COLUMN members.rate_per_second IS
    'calls with all its keys and tokens in a second, counted by each gateway for itself; NULL: any number';
COMMENT ON COLUMN members.rate_per_minute IS 'and in a minute';
COMMENT ON COLUMN members.rate_concurrent IS 'and that run at a time';

CREATE TABLE member_subjects (
    shard     smallint NOT NULL,
    org_id    uuid     NOT NULL,
    member_id uuid     NOT NULL,
    place     integer  NOT NULL,
    issuer    text     NOT NULL,
    subject   text     NOT NULL,

    CONSTRAINT member_subjects_pk        PRIMARY KEY (shard, org_id, member_id, place),
    CONSTRAINT member_subjects_one_owner UNIQUE (shard, org_id, issuer, subject),
    CONSTRAINT member_subjects_member    FOREIGN KEY (shard, org_id, member_id)
        REFERENCES members (shard, org_id, member_id)
);

COMMENT ON TABLE member_subjects IS
    'Whom tokens call a member: each is one member''s in the organisation.';
COMMENT ON COLUMN member_subjects.issuer IS 'the claim iss, compared exactly';
COMMENT ON COLUMN member_subjects.subject IS 'the claim sub: the issuer''s name for the member';

ALTER TABLE keys
    ADD COLUMN models text[],
    ADD COLUMN ips inet[],
    ADD COLUMN rate_per_second bigint
        CONSTRAINT keys_rate_per_second CHECK (rate_per_second BETWEEN 1 AND 4294967295),
    ADD COLUMN rate_per_minute bigint
        CONSTRAINT keys_rate_per_minute CHECK (rate_per_minute BETWEEN 1 AND 4294967295),
    ADD COLUMN rate_concurrent bigint
        CONSTRAINT keys_rate_concurrent CHECK (rate_concurrent BETWEEN 1 AND 4294967295),
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CONSTRAINT keys_version CHECK (version >= 1);

COMMENT ON COLUMN keys.hint IS 'the first characters of its newest secret';
COMMENT ON COLUMN keys.models IS
    'the only models it may ask for, a trailing * stands for any rest; NULL: any';
COMMENT ON COLUMN keys.ips IS
    'the only networks it may be used from; NULL: any. WHERE inet ''192.0.2.1'' <<= ANY (ips)';
COMMENT ON COLUMN keys.rate_per_second IS
    'calls in a second, counted by each gateway for itself; NULL: any number';
COMMENT ON COLUMN keys.rate_per_minute IS 'and in a minute';
COMMENT ON COLUMN keys.rate_concurrent IS 'and that run at a time';
COMMENT ON COLUMN keys.version IS
    'counted up with each change, whoever makes it: who has read an earlier one is refused';

-- An admin who has read a key must hear of what a gateway of the version before has changed in it.
CREATE FUNCTION keys_count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER keys_change BEFORE UPDATE ON keys
    FOR EACH ROW EXECUTE FUNCTION keys_count_version();

ALTER TABLE key_secrets
    ADD COLUMN place integer NOT NULL DEFAULT 1,
    ADD COLUMN hint text,
    ADD COLUMN created_at bigint,
    ADD COLUMN revoked boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN key_secrets.place IS
    'among the key''s, the newest first; in one place, the one that opens it longest';
COMMENT ON COLUMN key_secrets.hint IS
    'its first characters, by which people know it; NULL: the key''s, of one that is older than the column';
COMMENT ON COLUMN key_secrets.created_at IS
    'NULL: with the key, of one that is older than the column';
COMMENT ON COLUMN key_secrets.revoked IS
    'its key is; triggers keep it, so that those that open something are read without their keys';

CREATE FUNCTION keys_revoke_secrets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE key_secrets SET revoked = (NEW.status = 'revoked')
    WHERE (shard, org_id, key_id) = (NEW.shard, NEW.org_id, NEW.key_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER keys_are_revoked AFTER UPDATE ON keys FOR EACH ROW
    WHEN ((OLD.status = 'revoked') <> (NEW.status = 'revoked'))
    EXECUTE FUNCTION keys_revoke_secrets();

CREATE FUNCTION key_secrets_ask_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revoked := EXISTS (
        SELECT FROM keys
        WHERE (shard, org_id, key_id) = (NEW.shard, NEW.org_id, NEW.key_id) AND status = 'revoked');
    RETURN NEW;
END
$$;

CREATE TRIGGER key_secrets_begin BEFORE INSERT ON key_secrets
    FOR EACH ROW EXECUTE FUNCTION key_secrets_ask_key();

-- Beside the secrets, not among them: these rows change all day, and all of those are read at a start.
CREATE TABLE key_uses (
    secret_hash  bytea  NOT NULL,
    last_used_at bigint NOT NULL,

    CONSTRAINT key_uses_pk     PRIMARY KEY (secret_hash),
    CONSTRAINT key_uses_secret FOREIGN KEY (secret_hash) REFERENCES key_secrets (secret_hash)
        ON DELETE CASCADE
) WITH (fillfactor = 70);

COMMENT ON TABLE key_uses IS
    'When secrets were used last, as far as gateways have told; no change of the keys.';

CREATE TABLE revoked_tokens (
    shard    smallint NOT NULL,
    org_id   uuid     NOT NULL,
    token_id uuid     NOT NULL,
    issuer   text     NOT NULL,
    jti      text     NOT NULL,
    until_at bigint   NOT NULL,
    seq      bigint   NOT NULL,

    CONSTRAINT revoked_tokens_pk  PRIMARY KEY (shard, org_id, token_id),
    CONSTRAINT revoked_tokens_org FOREIGN KEY (shard, org_id) REFERENCES orgs (shard, org_id),
    CONSTRAINT revoked_tokens_seq UNIQUE (seq)
);

CREATE INDEX revoked_tokens_by_end ON revoked_tokens (shard, org_id, until_at);

COMMENT ON TABLE revoked_tokens IS
    'Tokens that an admin has revoked one by one, until they would have ended anyway.';
COMMENT ON COLUMN revoked_tokens.token_id IS
    'follows from issuer and jti, which may be too long for an index';
COMMENT ON COLUMN revoked_tokens.issuer IS 'the claim iss';
COMMENT ON COLUMN revoked_tokens.jti IS 'the claim jti';
COMMENT ON COLUMN revoked_tokens.until_at IS 'from here on the token is none by itself';
COMMENT ON COLUMN revoked_tokens.seq IS
    'from meta.change_seq: its place in the feed, beside those of changes, where gateways of the version '
    'before would stumble over what they do not know';
