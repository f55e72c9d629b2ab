-- How far behind a replica is.

-- name: replayed
-- At the replica. A standby that has replayed no transaction since its start does not know when one was.
SELECT pg_is_in_recovery() AS is_standby, pg_last_wal_replay_lsn()::text AS lsn, pg_last_xact_replay_timestamp() AS replayed_at

-- name: lag
-- At the primary, of what the replica said.
SELECT coalesce($1::text::pg_lsn >= pg_current_wal_flush_lsn(), false) AS has_all,
       extract(epoch FROM clock_timestamp() - $2::timestamptz)::double precision AS behind_s
