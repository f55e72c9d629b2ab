-- What a key file is held against.

-- name: holds_secrets
-- True when anything here is wrapped under a key file.
SELECT EXISTS (SELECT FROM partner) OR EXISTS (SELECT FROM batch WHERE data_key IS NOT NULL)
    OR EXISTS (SELECT FROM upstream) OR EXISTS (SELECT FROM operator) AS found

-- name: some_secrets
-- A wrapped secret of each kind, the oldest, or NULL: whether a key file is the one of this database.
SELECT (SELECT webhook_secret FROM partner ORDER BY id LIMIT 1) AS partner,
    (SELECT settings FROM upstream ORDER BY id LIMIT 1) AS upstream,
    (SELECT totp_secret FROM operator ORDER BY id LIMIT 1) AS operator,
    (SELECT data_key FROM batch WHERE data_key IS NOT NULL ORDER BY id LIMIT 1) AS batch
