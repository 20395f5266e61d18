-- What rows of one table name in another, as the tables say themselves: a statement for each that
-- counts the rows that name nothing.
SELECT
    child.relname::text AS child,
    parent.relname::text AS parent,
    format('SELECT count(*) FROM %s AS child WHERE %s AND NOT EXISTS (SELECT FROM %s AS parent WHERE %s)',
        key.conrelid::regclass,
        string_agg(format('child.%I IS NOT NULL', of_child.attname), ' AND '),
        key.confrelid::regclass,
        string_agg(format('parent.%I = child.%I', of_parent.attname, of_child.attname), ' AND ')
    ) AS statement
FROM pg_constraint AS key
JOIN pg_class AS child ON child.oid = key.conrelid
JOIN pg_class AS parent ON parent.oid = key.confrelid
CROSS JOIN unnest(key.conkey, key.confkey) AS pair (of_child, of_parent)
JOIN pg_attribute AS of_child ON of_child.attrelid = key.conrelid AND of_child.attnum = pair.of_child
JOIN pg_attribute AS of_parent
    ON of_parent.attrelid = key.confrelid AND of_parent.attnum = pair.of_parent
WHERE key.contype = 'f' AND key.conparentid = 0 AND child.relnamespace = 'public'::regnamespace
GROUP BY key.oid, key.conname, child.relname, parent.relname, key.conrelid, key.confrelid
ORDER BY child.relname, key.conname
