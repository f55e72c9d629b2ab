-- Leases and workers; the rules are in routines_leases.sql.

-- name: refill
SELECT * FROM refill($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_range
SELECT read_range($1, $2, $3)

-- name: give_back
SELECT give_back($1, $2, $3, $4)

-- name: recall
-- Asks for what stands in the way of an outlet: a message for each shelf, with who asks.
SELECT pg_notify($1, 'recall:' || shelf || ':' || $3) FROM shelves_to_recall($2) AS shelf

-- name: void
SELECT void_codes($1, $2, $3)

-- name: renew
SELECT gone, unknown, unknown_shelves, unknown_lives FROM renew($1, $2, $3)


-- name: register_worker
INSERT INTO worker (slot, worker_id, host, pid, expires_at, routines, routines_of, node, node_of)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6, $2, $7, $2)
ON CONFLICT (slot) DO UPDATE SET worker_id = excluded.worker_id, host = excluded.host, pid = excluded.pid,
    started_at = now(), expires_at = excluded.expires_at, held = NULL, renewed_at = NULL,
    routines = excluded.routines, routines_of = excluded.routines_of, node = excluded.node,
    node_of = excluded.node_of

-- name: announce_worker
-- News is a statement of its own: it may live on another server than the row.
SELECT pg_notify('quangate', 'workers')

-- name: workers
-- The other workers; slot NULL: a worker nobody remembers, whose leases are still there.
SELECT slot, worker_id FROM worker WHERE slot <> $1
UNION ALL
SELECT DISTINCT NULL::smallint, l.worker_id FROM lease l
WHERE l.state = 'active' AND NOT EXISTS (SELECT FROM worker w WHERE w.worker_id = l.worker_id)

-- name: reclaim
SELECT pool, holder, why, leases, freed FROM reclaim($1)

-- name: close_ended_shelves
SELECT close_ended_shelves()

-- name: why_closed
-- Of these leases those that are closed, by pool and by what closed them.
SELECT p.name AS pool, c.why, count(*) AS leases, sum(c.hi - c.lo)::bigint AS codes FROM (
    SELECT l.pool_id, l.lo, l.hi, CASE WHEN l.state = 'closed' THEN coalesce(l.closed_why, 'taken-back') ELSE 'codes-expired' END AS why
    FROM lease l WHERE l.id = ANY ($1) AND (l.state = 'closed' OR l.sell_until <= now())
) AS c JOIN pool p ON p.id = c.pool_id GROUP BY 1, 2 ORDER BY 1, 2

-- name: data_keys_of_range
SELECT id, data_key FROM batch
WHERE pool_id = $1 AND state = 'on_sale' AND lo < $3 AND lo + imported > $2 AND data_key IS NOT NULL

-- name: count_workers
SELECT count(*) FROM worker WHERE expires_at > now()

-- name: living
-- An older release's workers do not say their node: their host stands for it.
SELECT count(*) AS workers, count(DISTINCT CASE WHEN node_of = worker_id THEN node::text ELSE host END) AS nodes
FROM worker WHERE expires_at > now()

-- name: expiring
-- Unsold codes that expire within so many days, by pool. Fragments and leases are cut by the day,
-- so that the count is exact to one; what has expired is no warning any more.
SELECT p.name AS pool, sum(soon.codes)::bigint AS codes, min(soon.expires_at) AS first FROM (
    SELECT f.pool_id, f.hi - f.lo AS codes, f.expires_at FROM fragment f
    WHERE f.expires_at > now() AND f.expires_at < now() + make_interval(days => $1)
    UNION ALL
    SELECT l.pool_id, l.hi - l.lo - (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi),
           l.sell_until
    FROM lease l WHERE l.state = 'active' AND l.sell_until > now() AND l.sell_until < now() + make_interval(days => $1)
) AS soon JOIN pool p ON p.id = soon.pool_id
GROUP BY 1 HAVING sum(soon.codes) > 0 ORDER BY first, pool
