-- A follower: its slot, how far it is, and whether commits wait for it.

-- name: slot
-- Of a follower: from where on the server keeps the log for it. `is_lost`: it was kept for too long.
SELECT s.restart_lsn::text AS restart_lsn, s.active AS is_active, coalesce(s.wal_status = 'lost', false) AS is_lost
FROM pg_replication_slots s WHERE s.slot_name = $1

-- name: make_slot
SELECT (pg_create_physical_replication_slot($1, true)).lsn::text AS lsn

-- name: drop_slot
SELECT pg_drop_replication_slot($1)

-- name: idle_slots
-- Of followers that do not run.
SELECT s.slot_name::text AS name FROM pg_replication_slots s WHERE s.slot_name LIKE 'quangate\_%' AND NOT s.active

-- name: cluster
-- Which cluster this is; every copy of it has the same.
SELECT system_identifier::text AS system FROM pg_control_system()

-- name: timeline
SELECT timeline_id FROM pg_control_checkpoint()

-- name: progress
-- How far a follower is; no row: it is not connected. `is_waited_for`: commits wait for it.
SELECT r.state = 'streaming' AS is_streaming, r.write_lsn::text AS lsn, r.sync_state IN ('sync', 'quorum') AS is_waited_for
FROM pg_stat_replication r WHERE r.application_name = $1

-- name: waited_for
SELECT current_setting('synchronous_standby_names') AS names

-- name: sees_followers
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
