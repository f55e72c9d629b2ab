-- Attempts; the rules are in routines_settle.sql.

-- name: settle
-- The news travel as JSON, by the names of the row type's fields.
SELECT settle(ARRAY(SELECT line FROM json_populate_recordset(NULL::attempt_news, $1::json) AS line), $2) AS verdicts

-- name: living
-- Workers, as one value that differs when one comes or goes.
SELECT coalesce(string_agg(worker_id::text, ' ' ORDER BY worker_id), '') FROM worker WHERE expires_at > now()

-- name: take_due
SELECT * FROM take_due($1, $2, $3, $4)

-- name: release
-- Nothing was sent under these numbers: whoever finds them may send at once.
UPDATE attempt SET owner = NULL, next_check_at = now()
WHERE id = ANY ($1::bigint[]) AND state = 'created' AND sent_at IS NULL

-- name: mark_sent
SELECT mark_sent($1, $2, $3, $4)

-- name: mark_unsent
SELECT mark_unsent($1, $2)

-- name: keep_numbers
SELECT keep_numbers($1, $2, $3)

-- name: cancel_order
SELECT cancel_order($1, $2, $3)

-- name: by_ids
SELECT * FROM read_attempts($1)

-- name: tried_routes
SELECT DISTINCT upstream_id, product_id FROM attempt WHERE order_id = $1

-- name: keep_callbacks
SELECT keep_callbacks($1, $2, $3, $4, $5, $6, $7)

-- name: count_callbacks
UPDATE callback c SET times = c.times + again.times, last_at = now()
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[]) AS again (upstream_id, attempt_id, digest, times)
WHERE c.upstream_id = again.upstream_id AND coalesce(c.attempt_id, 0) = again.attempt_id AND c.digest = again.digest

-- name: upstream_settings
SELECT id, name, connector, base_url, settings, callback_token, paused FROM upstream

-- name: write_lanes
INSERT INTO lane_state (worker_id, upstream_id, product_id, breaker, reason, waiting, under_way, calls, failures, success_rate, latency_s)
SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::bigint[], $9::bigint[],
                         $10::float8[], $11::float8[])
ON CONFLICT (worker_id, upstream_id, product_id) DO UPDATE SET
    breaker = excluded.breaker, reason = excluded.reason, waiting = excluded.waiting, under_way = excluded.under_way,
    calls = excluded.calls, failures = excluded.failures, success_rate = excluded.success_rate, latency_s = excluded.latency_s,
    updated_at = now()

-- name: forget_lanes
-- Lanes of this worker, which ends, and of workers that ended without a word.
DELETE FROM lane_state WHERE worker_id = $1 OR worker_id NOT IN (SELECT worker_id FROM worker)
