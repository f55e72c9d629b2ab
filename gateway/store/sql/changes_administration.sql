-- The log of changes: written by ground/desk, and the rows that actions are seen by, before and after.
-- A `trace_…` gives at most one row, under its columns' own names; none of them is secret.

-- name: record_change
SELECT record_change($1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb, $7, $8) AS id

-- name: list_changes
-- Each filter (subject, action, actor) may be NULL; newest first, beyond the one that $4 names. $5: how many.
SELECT c.id::text AS id, c.at, c.actor, c.action, c.subject, c.reason, c.given, c.before, c.after, c.whence
FROM change c
WHERE ($1::text IS NULL OR c.subject = $1) AND ($2::text IS NULL OR c.action = $2) AND ($3::text IS NULL OR c.actor = $3)
  AND ($4::text IS NULL OR c.id < $4::text::bigint)
ORDER BY c.id DESC LIMIT $5

-- name: trace_partner
SELECT id::text AS id, name, webhook_secret_old_until, created_at FROM partner WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_pool
SELECT id::text AS id, name, case_insensitive, ignore_spaces, purchased, min_life, created_at FROM pool WHERE name = $1
