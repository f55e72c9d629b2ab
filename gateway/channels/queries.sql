-- Order channels; the rules are in migration 0040.

-- name: accounts
SELECT id, name, adapter, partner_id, key_id, settings, base_url, paused FROM channel

-- name: products
SELECT channel_id, external_product, sku_id FROM channel_product

-- name: expect_order
-- Before the order is placed. A row of an order that exists keeps where its result goes; one of an order
-- that was refused is a new one, whatever is known of the old.
INSERT INTO channel_order AS c (partner_id, out_order_no, channel_id, notify_url, next_attempt_at)
VALUES ($1, $2, $3, $4, now() + interval '1 second')
ON CONFLICT (partner_id, out_order_no) DO UPDATE
SET channel_id = excluded.channel_id, notify_url = excluded.notify_url, version = c.version + 1,
    next_attempt_at = excluded.next_attempt_at, created_at = now()
WHERE NOT EXISTS (SELECT FROM orders o WHERE o.partner_id = c.partner_id AND o.out_order_no = c.out_order_no)

-- name: take_due
-- Rows to look at; nobody else looks at them for $2 seconds.
WITH due AS (
    SELECT partner_id, out_order_no FROM channel_order WHERE next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE channel_order c SET next_attempt_at = now() + make_interval(secs => $2)
FROM due LEFT JOIN orders o ON o.partner_id = due.partner_id AND o.out_order_no = due.out_order_no
WHERE c.partner_id = due.partner_id AND c.out_order_no = due.out_order_no
RETURNING c.partner_id, c.out_order_no, c.channel_id, c.notify_url, c.version, c.attempts,
          extract(epoch FROM now() - c.created_at)::float8 AS age_s, o.id AS order_id, o.state AS order_state

-- name: record
-- Nothing happens when the order has ended anew, or is expected anew, meanwhile. $5 NULL: not before it ends (again).
UPDATE channel_order SET state = $4, next_attempt_at = now() + make_interval(secs => $5::float8),
    attempts = attempts + $6, last_error = $7
WHERE partner_id = $1 AND out_order_no = $2 AND version = $3

-- name: forget
-- Not if it is expected anew: the order may be there by now.
DELETE FROM channel_order WHERE partner_id = $1 AND out_order_no = $2 AND version = $3
