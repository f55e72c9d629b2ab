-- What is done to a shop that was just restored, by its owner, before anybody uses it.

-- name: last_commit
-- When the last commit that it has was made, if anything was replayed.
SELECT pg_last_xact_replay_timestamp()

-- name: close_sales
INSERT INTO restoration (restored_to, source) VALUES ($1, $2)

-- name: close_sales_once
-- For a reason that is there once until it is checked. NULL: they are closed for it already.
INSERT INTO restoration (source) SELECT $1 WHERE NOT EXISTS (SELECT FROM restoration WHERE source = $1 AND checked_at IS NULL)
RETURNING id

-- name: leave_lost_leases
-- Leases granted after the moment of the backup had the numbers that would come next: a worker that
-- still has one must find that nobody has.
SELECT setval(pg_get_serial_sequence('lease', 'id'), (SELECT coalesce(max(id), 0) FROM lease) + 4294967296)

-- name: doubt_unsent
SELECT doubt_unsent()

-- name: role_is_there
SELECT true FROM pg_roles WHERE rolname = $1

-- name: collation
-- Of the database we are in: 'C' is the same everywhere.
SELECT datcollate FROM pg_database WHERE datname = current_database()
