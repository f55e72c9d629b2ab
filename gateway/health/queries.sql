-- What the doctor asks the database.

-- name: settings
SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding,
       array_remove(ARRAY[
           CASE WHEN current_setting('fsync') = 'off' THEN 'fsync' END,
           CASE WHEN current_setting('synchronous_commit') = 'off' THEN 'synchronous_commit' END,
           CASE WHEN current_setting('full_page_writes') = 'off' THEN 'full_page_writes' END], NULL) AS unsafe,
       pg_is_in_recovery() AS is_replica, current_setting('max_connections')::integer AS connections_max,
       current_setting('superuser_reserved_connections')::integer
           + coalesce(current_setting('reserved_connections', true), '0')::integer AS connections_reserved  -- the latter since 16

-- name: clock
SELECT extract(epoch FROM clock_timestamp())::double precision

-- name: has_migrations
SELECT to_regclass('migration') IS NOT NULL

-- name: migrations
SELECT name FROM migration

-- name: account_rules
SELECT sku, account_rule FROM sku WHERE on_sale AND account_rule IS NOT NULL ORDER BY sku

-- name: has_upstreams
SELECT to_regclass('upstream') IS NOT NULL

-- name: upstreams
SELECT name, connector FROM upstream ORDER BY name

-- name: expiry_unread
-- Unsold codes that were imported before expiries stood beside the record: theirs are only in it.
SELECT pool, sum(codes)::bigint AS codes FROM (
    SELECT p.name AS pool, greatest(0, b.lo + b.imported - greatest(b.lo, p.next_seq))
               + coalesce((SELECT sum(least(f.hi, b.lo + b.imported) - greatest(f.lo, b.lo)) FROM fragment f
                           WHERE f.pool_id = p.id AND f.lo < b.lo + b.imported AND f.hi > b.lo), 0) AS codes
    FROM batch b JOIN pool p ON p.id = b.pool_id
    WHERE b.kind = 'import' AND b.state = 'on_sale'
      AND b.created_at < (SELECT applied_at FROM migration WHERE name = '0150_expiry')) AS earlier
GROUP BY pool HAVING sum(codes) > 0 ORDER BY pool

-- name: expiring
SELECT p.name AS pool, sum(f.hi - f.lo)::bigint AS codes FROM fragment f JOIN pool p ON p.id = f.pool_id
WHERE f.expires_at > now() AND f.expires_at < now() + interval '7 days' GROUP BY 1 ORDER BY 1

-- name: operators
SELECT count(*) FROM operator WHERE disabled_at IS NULL AND partner_id IS NULL

-- name: safety
-- Whether sales are closed, how old the last good backup is (NULL: none), for whom commits wait, and whether he is here.
SELECT EXISTS (SELECT FROM restoration WHERE checked_at IS NULL) AS sales_closed,
       (SELECT extract(epoch FROM now() - max(b.ended_at)) FROM backup_run b)::double precision AS backup_age_s,
       w.names AS waits_for,
       EXISTS (SELECT FROM pg_replication_slots s WHERE s.active AND strpos(w.names, s.slot_name) > 0) AS follower_is_here
FROM (SELECT current_setting('synchronous_standby_names') AS names) AS w
