-- What people do with settings.

-- name: list_settings
SELECT name, value, changed_at FROM setting

-- name: one_setting
SELECT value FROM setting WHERE name = $1

-- name: set_setting
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now() RETURNING name

-- name: trace_setting
SELECT name, value, changed_at FROM setting WHERE name = $1 FOR NO KEY UPDATE
