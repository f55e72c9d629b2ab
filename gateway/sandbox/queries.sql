-- The sandbox's orders; the function is in routines.sql. An order and what is told of it are made in
-- one statement.

-- name: place
WITH placed AS MATERIALIZED (
    SELECT p.outcome, p.known FROM place_sandbox($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) AS p
)
SELECT placed.outcome, placed.known,
       CASE WHEN placed.outcome = 'created' THEN tell_of_sandbox($1, $2, $17, $18, $19, $20, $21) END AS messages
FROM placed

-- name: by_id
SELECT s.id, s.partner_id, s.out_order_no, s.content_hash, s.sku, s.quantity, s.amount, s.account, s.metadata, s.plan, s.held_until,
       s.cancelled_at, s.created_at
FROM sandbox_order s WHERE s.partner_id = $1 AND s.id = $2 AND s.plan IS NOT NULL

-- name: by_number
SELECT s.id, s.partner_id, s.out_order_no, s.content_hash, s.sku, s.quantity, s.amount, s.account, s.metadata, s.plan, s.held_until,
       s.cancelled_at, s.created_at
FROM sandbox_order s WHERE s.partner_id = $1 AND s.out_order_no = $2 AND s.plan IS NOT NULL

-- name: before
-- Newest first, from before the id $2 down to $3.
SELECT s.id, s.partner_id, s.out_order_no, s.content_hash, s.sku, s.quantity, s.amount, s.account, s.metadata, s.plan, s.held_until,
       s.cancelled_at, s.created_at
FROM sandbox_order s WHERE s.partner_id = $1 AND s.id < $2 AND s.id >= $3 AND s.plan IS NOT NULL ORDER BY s.id DESC LIMIT $4::integer

-- name: cancel
-- No row: it is too late, or was done before.
UPDATE sandbox_order s SET cancelled_at = $3 WHERE s.partner_id = $1 AND s.id = $2 AND s.cancelled_at IS NULL AND s.held_until > $3
RETURNING s.id, retell_of_sandbox(s.partner_id, s.id, 'order.failed', $4) AS messages
