-- How secrets are found, other than by themselves. Apart from 0007, which has whole tables to itself:
-- whoever is to be let in does not wait for this.

-- Those of keys that were revoked before triggers kept it.
UPDATE key_secrets SET revoked = true
FROM keys
WHERE keys.status = 'revoked' AND (keys.shard, keys.org_id, keys.key_id)
    = (key_secrets.shard, key_secrets.org_id, key_secrets.key_id);

-- Those of a key, and of an organisation's.
CREATE INDEX key_secrets_of_key ON key_secrets (shard, org_id, key_id);
-- Those that open something, for a start that reads a million: in order, and without their rows.
CREATE INDEX key_secrets_open ON key_secrets (secret_hash) WHERE NOT revoked;
