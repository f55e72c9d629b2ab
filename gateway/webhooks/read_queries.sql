-- Webhook messages as their partner sees them, and the writes a partner may ask for.

-- name: one
SELECT w.id, w.type, w.order_id, coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status,
       w.next_attempt_at, w.created_at
FROM webhook w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.partner_id = $1::bigint AND w.id = $2::bigint AND (w.sandbox IS TRUE) = $3::boolean

-- name: page
-- Newest first, before the id $2. BETWEEN and the first sort key name the partner's index: the primary key
-- would do as well to the planner, and walks over everybody's messages.
SELECT w.id, w.type, w.order_id, coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status,
       w.next_attempt_at, w.created_at
FROM webhook w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.partner_id BETWEEN $1::bigint AND $1 AND w.id < $2::bigint AND (w.sandbox IS TRUE) = $4::boolean
ORDER BY w.partner_id DESC, w.id DESC LIMIT $3::integer

-- name: of_order
-- An order has few; read first, so that no plan walks the partner's history for them.
WITH of_order AS MATERIALIZED (SELECT * FROM webhook w WHERE w.order_id = $4::bigint)
SELECT w.id, w.type, w.order_id, coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status,
       w.next_attempt_at, w.created_at
FROM of_order w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.partner_id = $1::bigint AND w.id < $2::bigint AND ($5::text IS NULL OR w.state = $5)
  AND (w.sandbox IS TRUE) = $6::boolean ORDER BY w.id DESC LIMIT $3::integer

-- name: dead
SELECT w.id, w.type, w.order_id, coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status,
       w.next_attempt_at, w.created_at
FROM webhook w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.partner_id BETWEEN $1::bigint AND $1 AND w.id < $2::bigint AND w.state = 'dead'
  AND (w.sandbox IS TRUE) = $4::boolean ORDER BY w.partner_id DESC, w.id DESC LIMIT $3::integer

-- name: reach
-- The message that a look at $3 + 1 messages ends with, from before the id $2; no row: there are fewer.
SELECT w.id FROM webhook w WHERE w.partner_id BETWEEN $1::bigint AND $1 AND w.id < $2::bigint ORDER BY w.partner_id DESC, w.id DESC OFFSET $3::integer LIMIT 1

-- name: narrowed
SELECT w.id, w.type, w.order_id, coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status,
       w.next_attempt_at, w.created_at
FROM webhook w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.partner_id BETWEEN $1::bigint AND $1 AND w.id < $2::bigint AND w.id >= $5::bigint AND w.state = $4::text AND (w.sandbox IS TRUE) = $6::boolean
ORDER BY w.partner_id DESC, w.id DESC LIMIT $3::integer

-- name: replay
-- The id, and so the webhook-id the receiver knows, stays the same; the schedule starts anew. No row: there is no such
-- message, or nobody to send it to.
UPDATE webhook SET state = 'pending', attempts = 0, replays = coalesce(replays, 0) + 1, next_attempt_at = now()
WHERE partner_id = $1 AND id = $2 AND (sandbox IS TRUE) = $3::boolean
  AND (url IS NOT NULL OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.partner_id = $1 AND e.disabled_at IS NULL)) RETURNING id

-- name: insert_test
-- No row: there is no endpoint, or it is disabled.
INSERT INTO webhook (id, partner_id, type, sequence, body, next_attempt_at, sandbox)
SELECT $2, $1, 'test', 0, $3, now(), nullif($4::boolean, false) FROM webhook_endpoint
WHERE partner_id = $1 AND disabled_at IS NULL RETURNING id
