-- What operators see of files they uploaded, and how one is taken in.

-- name: open_imports
-- What is not over: of one operator, and of all. Who takes one in holds the lock, so that the bounds hold.
SELECT count(*) FILTER (WHERE made_by = $1) AS own, count(*) AS together FROM code_import WHERE state IN ('queued', 'running')

-- name: hold_imports
SELECT pg_advisory_xact_lock(x'51495550'::integer)

-- name: pool_of_import
SELECT id, purchased FROM pool WHERE name = $1

-- name: insert_import
INSERT INTO code_import (pool_id, file, size, given, dry_run, made_by, person, whence, how, reason)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9::jsonb, $10) RETURNING id

-- name: insert_piece
INSERT INTO code_import_piece (import_id, n, sealed) VALUES ($1, $2, $3)

-- name: announce_import
SELECT pg_notify('quangate', 'import:')

-- name: list_imports
-- Into the pool $1, in the state $2 (each may be NULL); newest first, older than the import $3 (NULL: the newest), at most $4.
SELECT i.id::text AS import, p.name AS pool, i.file, i.state, i.dry_run, i.size, i.bytes_done, i.imported, i.duplicates, i.rejected,
       i.batch_id::text AS batch, i.error, i.made_by, i.created_at, i.started_at, i.ended_at
FROM code_import i JOIN pool p ON p.id = i.pool_id
WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR i.state = $2) AND ($3::text IS NULL OR i.id < $3::text::bigint)
ORDER BY i.id DESC LIMIT $4

-- name: show_import
SELECT i.id::text AS import, p.name AS pool, i.file, i.state, i.dry_run, i.size, i.bytes_done, i.imported, i.duplicates, i.rejected,
       i.batch_id::text AS batch, i.verdicts, i.warnings, i.error, i.given, i.reason, i.made_by, i.created_at, i.started_at, i.ended_at
FROM code_import i JOIN pool p ON p.id = i.pool_id WHERE i.id = $1
