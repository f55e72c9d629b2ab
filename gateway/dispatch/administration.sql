-- What its actions and views ask.

-- name: insert_upstream
-- No row: the name is taken.
INSERT INTO upstream (name, connector, base_url, settings, callback_token, calls_per_s) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_upstreams
-- $1 NULL: every upstream.
SELECT u.name AS upstream, u.connector, u.base_url, u.paused, u.calls_per_s,
       (SELECT count(*) FROM route r WHERE r.upstream_id = u.id) AS routes,
       (SELECT count(*) FROM attempt a WHERE a.upstream_id = u.id AND a.next_check_at IS NOT NULL) AS open_attempts,
       u.created_at
FROM upstream u WHERE $1::text IS NULL OR u.name = $1 ORDER BY u.name

-- name: stored_upstream
SELECT connector, base_url, settings FROM upstream WHERE name = $1

-- name: update_upstream
-- NULL leaves a column as it is; a limit of 0 takes the limit away.
UPDATE upstream SET base_url = coalesce($2, base_url), settings = coalesce($3, settings),
    calls_per_s = CASE WHEN $4::double precision IS NULL THEN calls_per_s ELSE nullif($4, 0) END
WHERE name = $1 RETURNING id

-- name: set_paused
UPDATE upstream SET paused = $2 WHERE name = $1 RETURNING id

-- name: lane_states
-- Lanes of workers that live; those of the dead say nothing of now.
SELECT u.name AS upstream, l.product_id, l.breaker, l.reason, l.waiting, l.under_way, l.calls, l.failures,
       round(l.success_rate::numeric, 2)::float8 AS success_rate, round(l.latency_s::numeric, 3)::float8 AS latency_s, l.updated_at
FROM lane_state l JOIN worker w ON w.worker_id = l.worker_id AND w.expires_at > now() JOIN upstream u ON u.id = l.upstream_id
WHERE $1::text IS NULL OR u.name = $1 ORDER BY u.name, l.product_id, l.worker_id

-- name: trace_upstream
SELECT id::text AS id, name, connector, base_url, paused, calls_per_s, created_at FROM upstream WHERE name = $1 FOR NO KEY UPDATE

-- name: attempts_by_hour
-- What became of an upstream's attempts in each of the last 24 hours, and how long half of them took at most; of the newest of all.
SELECT date_trunc('hour', a.created_at) AS hour, count(*) AS attempts,
       count(*) FILTER (WHERE a.state IN ('succeeded', 'partial')) AS succeeded,
       count(*) FILTER (WHERE a.state IN ('rejected', 'failed', 'reversed')) AS failed,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.updated_at - a.sent_at))
           FILTER (WHERE a.sent_at IS NOT NULL AND a.state NOT IN ('created', 'accepted', 'uncertain')))::float8 AS seconds
FROM (SELECT * FROM attempt x ORDER BY x.id DESC LIMIT 5000) AS a JOIN upstream u ON u.id = a.upstream_id
WHERE u.name = $1 AND a.created_at >= date_trunc('hour', now()) - interval '23 hours'
GROUP BY 1 ORDER BY 1

-- name: this_hour
SELECT date_trunc('hour', now()) AS hour
