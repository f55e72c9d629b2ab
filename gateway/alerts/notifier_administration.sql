-- What operators do with notifiers.

-- name: count_notifiers
-- Whoever makes one waits for the one before.
SELECT count(*) FROM (SELECT n.id FROM notifier n FOR NO KEY UPDATE) AS held

-- name: insert_notifier
INSERT INTO notifier (name, kind, settings) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_notifiers
SELECT n.name AS notifier, n.kind, (SELECT count(*) FROM (SELECT FROM notice o WHERE o.notifier_id = n.id LIMIT 1000) AS x) AS waiting,
       n.failures, n.why, n.told_at, n.created_at
FROM notifier n ORDER BY n.name

-- name: notifier_settings
SELECT kind, settings FROM notifier WHERE name = $1

-- name: remove_notifier
DELETE FROM notifier WHERE name = $1 RETURNING kind

-- name: trace_notifier
SELECT name, kind, created_at FROM notifier WHERE name = $1 FOR NO KEY UPDATE
