-- Attempts; the rules are in migration 0020.

-- name: settle
SELECT settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) AS verdicts

-- name: living
-- Workers, as one value that differs when one comes or goes.
SELECT coalesce(string_agg(worker_id::text, ' ' ORDER BY worker_id), '') FROM worker WHERE expires_at > now()

-- name: take_due
SELECT * FROM take_due($1, $2, $3, $4) AS id

-- name: release
-- Nothing was sent under these numbers: whoever finds them may send at once.
UPDATE attempt SET owner = NULL, next_check_at = now()
WHERE id = ANY ($1::bigint[]) AND state = 'created' AND sent_at IS NULL

-- name: mark_sent
-- From now on these may have been executed. One that is missing from the answer was cancelled,
-- or sent by somebody else.
UPDATE attempt a SET sent_at = now(), owner = $4, sends = u.sends + 1
FROM unnest($1::bigint[], $2::integer[], $3::boolean[]) AS u (id, sends, doubted)
WHERE a.id = u.id AND (a.sends = u.sends OR (u.doubted AND a.sends = u.sends + 1 AND a.owner = $4)) AND a.state IN ('created', 'accepted', 'uncertain') RETURNING a.id

-- name: mark_unsent
-- The first send did not leave us: nothing was sent after all.
UPDATE attempt a SET sent_at = NULL FROM unnest($1::bigint[], $2::integer[]) AS u (id, sends)
WHERE a.id = u.id AND a.sends = u.sends AND a.state = 'created'

-- name: cancel_order
SELECT cancel_order($1, $2, $3)

-- name: by_ids
SELECT a.id, a.partner_id, a.order_id, a.upstream_id, a.product_id, a.account, a.quantity, a.cost_max, a.face_value, a.cost,
       a.state, a.upstream_no, a.queries, a.not_found, a.sends,
       extract(epoch FROM now() - coalesce(a.sent_at, a.created_at))::float8 AS age_s,
       extract(epoch FROM now() - o.created_at)::float8 AS order_age_s,
       a.state = 'created' AND a.sent_at IS NULL AS unsent, o.sku_id, o.amount,
       a.state IN ('succeeded', 'partial') AS succeeded_before
FROM attempt a JOIN orders o ON o.partner_id = a.partner_id AND o.id = a.order_id
WHERE a.id = ANY ($1::bigint[])

-- name: tried_routes
SELECT DISTINCT upstream_id, product_id FROM attempt WHERE order_id = $1

-- name: keep_callbacks
INSERT INTO callback (upstream_id, attempt_id, verdict, hint, body)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bytea[])

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
