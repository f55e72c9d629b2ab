-- Webhook messages on their way; the functions are in migration 0030.

-- name: take
SELECT * FROM take_webhooks($1, $2, $3, $4, $5, $6)

-- name: made
-- Messages this worker has just made, with their orders; nobody claims them. One that has to wait
-- for an earlier event of its order is left to polling. LIMIT keeps the lookups lookups.
SELECT w.id AS webhook_id, w.type, w.sequence, w.url, w.created_at AS made_at, o.*
FROM unnest($1::bigint[]) AS wanted (id)
CROSS JOIN LATERAL (SELECT * FROM webhook x WHERE x.id = wanted.id LIMIT 1) AS w
CROSS JOIN LATERAL (
    SELECT x.partner_id, x.id, x.out_order_no, x.content_hash, x.sku_id, x.quantity, x.amount, x.state, x.delivered_quantity,
           x.pool_id, x.seqs, x.account, x.metadata, x.failure, x.created_at, x.updated_at
    FROM orders x WHERE x.partner_id = w.partner_id AND x.id = w.order_id LIMIT 1) AS o
WHERE w.state NOT IN ('delivered', 'dead') AND w.attempts = 0 AND w.owner IS NULL
  AND (w.sequence < 2 OR NOT EXISTS (
      SELECT FROM webhook earlier WHERE earlier.order_id = w.order_id AND earlier.sequence < w.sequence
        AND earlier.state NOT IN ('delivered', 'dead') AND earlier.attempts = 0))

-- name: claim
-- Only what nobody has settled or claimed meanwhile. NOT IN: see migration 0030.
UPDATE webhook SET owner = $2, next_attempt_at = now() + make_interval(secs => $3)
WHERE id = ANY ($1::bigint[]) AND state NOT IN ('delivered', 'dead') AND attempts = 0 AND owner IS NULL

-- name: release
UPDATE webhook SET owner = NULL, next_attempt_at = now()
WHERE id = ANY ($1::bigint[]) AND state NOT IN ('delivered', 'dead') AND owner = $2

-- name: recover
SELECT recover_webhooks($1)

-- name: settle
SELECT settle_webhooks($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: addressees
SELECT p.id, e.url, p.webhook_secret, CASE WHEN p.webhook_secret_old_until > now() THEN p.webhook_secret_old END AS old_secret,
       extract(epoch FROM p.webhook_secret_old_until - now())::double precision AS old_for_s
FROM partner p LEFT JOIN webhook_endpoint e ON e.partner_id = p.id AND e.disabled_at IS NULL
