-- Backups: what the server they are taken from says of itself, and the ones that were good.

-- name: server
-- `superuser`: the one the cluster was made with.
SELECT current_setting('server_version_num')::integer / 10000 AS major, current_user::text AS role,
       (SELECT r.rolsuper OR r.rolreplication FROM pg_roles r WHERE r.rolname = current_user) AS may_replicate,
       (SELECT r.rolname::text FROM pg_roles r WHERE r.oid = 10) AS superuser, current_database()::text AS database,
       (SELECT count(*) FROM pg_tablespace) > 2 AS has_tablespaces, current_setting('wal_level') AS wal_level,
       (SELECT coalesce(sum(pg_database_size(d.oid)), 0) FROM pg_database d
        WHERE has_database_privilege(d.oid, 'CONNECT'))::bigint AS bytes

-- name: now_and_here
-- The database's clock, and where its log ends.
SELECT clock_timestamp() AS at, (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS lsn

-- name: keeps_backups
SELECT to_regclass('public.backup_run') IS NOT NULL

-- name: keep
INSERT INTO backup_run (ended_at, kind, path, bytes, lsn) VALUES ($1, $2, $3, $4, $5::text::pg_lsn)

-- name: age_s
-- How old the last good backup is, in seconds by the database's clock; NULL: there was none.
SELECT extract(epoch FROM now() - max(ended_at))::double precision AS age_s FROM backup_run

-- name: missing_follower
-- The follower of ours that commits wait for, as long as it is not here. Of others' standbys their own tools tell.
SELECT w.names FROM (SELECT current_setting('synchronous_standby_names') AS names) AS w
WHERE w.names LIKE '"quangate\_%' AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active AND strpos(w.names, s.slot_name) > 0)
