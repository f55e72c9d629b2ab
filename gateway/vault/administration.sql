-- What people do with the vault's keys.

-- ---------------------------------------------------------------- rotation of the key-encryption key
-- Each page takes (last id or NULL, rows) and gives (id, blob); each update takes (id, old blob,
-- new blob) and gives no row when the blob is another one by now. A revoked key's secrets are opened
-- never again: they are in no page.

-- name: count_wrapped
SELECT (SELECT count(*) + count(webhook_secret_old) FROM partner) + 2 * (SELECT count(*) FROM api_key WHERE revoked_at IS NULL) + (SELECT count(*) FROM upstream) + (SELECT count(*) FROM channel) + (SELECT count(*) FROM notifier)
    + (SELECT count(*) FROM operator)
    + (SELECT count(*) FROM batch WHERE data_key IS NOT NULL) AS count

-- name: page_webhook_secret
SELECT id, webhook_secret AS blob FROM partner WHERE $1::bigint IS NULL OR id > $1 ORDER BY id LIMIT $2

-- name: update_webhook_secret
UPDATE partner SET webhook_secret = $3 WHERE id = $1 AND webhook_secret = $2 RETURNING id

-- name: page_old_webhook_secret
SELECT id, webhook_secret_old AS blob FROM partner
WHERE webhook_secret_old IS NOT NULL AND ($1::bigint IS NULL OR id > $1) ORDER BY id LIMIT $2

-- name: update_old_webhook_secret
UPDATE partner SET webhook_secret_old = $3 WHERE id = $1 AND webhook_secret_old = $2 RETURNING id

-- name: page_signing_key
SELECT key_id AS id, signing_key AS blob FROM api_key
WHERE revoked_at IS NULL AND ($1::text IS NULL OR key_id > $1) ORDER BY key_id LIMIT $2

-- name: update_signing_key
UPDATE api_key SET signing_key = $3 WHERE key_id = $1 AND signing_key = $2 RETURNING key_id

-- name: page_delivery_key
SELECT key_id AS id, delivery_key AS blob FROM api_key
WHERE revoked_at IS NULL AND ($1::text IS NULL OR key_id > $1) ORDER BY key_id LIMIT $2

-- name: update_delivery_key
UPDATE api_key SET delivery_key = $3 WHERE key_id = $1 AND delivery_key = $2 RETURNING key_id

-- name: page_upstream_settings
SELECT id, settings AS blob FROM upstream WHERE $1::bigint IS NULL OR id > $1 ORDER BY id LIMIT $2

-- name: update_upstream_settings
UPDATE upstream SET settings = $3 WHERE id = $1 AND settings = $2 RETURNING id

-- name: page_channel_settings
SELECT id, settings AS blob FROM channel WHERE $1::bigint IS NULL OR id > $1 ORDER BY id LIMIT $2

-- name: update_channel_settings
UPDATE channel SET settings = $3 WHERE id = $1 AND settings = $2 RETURNING id

-- name: page_notifier_settings
SELECT id, settings AS blob FROM notifier WHERE $1::bigint IS NULL OR id > $1 ORDER BY id LIMIT $2

-- name: update_notifier_settings
UPDATE notifier SET settings = $3 WHERE id = $1 AND settings = $2 RETURNING id

-- name: page_totp_secret
SELECT name AS id, totp_secret AS blob FROM operator WHERE $1::text IS NULL OR name > $1 ORDER BY name LIMIT $2

-- name: update_totp_secret
UPDATE operator SET totp_secret = $3 WHERE name = $1 AND totp_secret = $2 RETURNING name

-- name: page_data_key
SELECT id, data_key AS blob FROM batch WHERE data_key IS NOT NULL AND ($1::bigint IS NULL OR id > $1) ORDER BY id LIMIT $2

-- name: update_data_key
UPDATE batch SET data_key = $3 WHERE id = $1 AND data_key = $2 RETURNING id
