-- Webhook messages on their way; the functions are in routines.sql.

-- name: take
SELECT * FROM take_webhooks($1, $2, $3, $4, $5, $6)

-- name: made
SELECT * FROM made_webhooks($1)

-- name: claim
-- Only what nobody has recorded, claimed or asked for again meanwhile. NOT IN: see migration 0030.
UPDATE webhook SET owner = $2, next_attempt_at = now() + make_interval(secs => $3)
WHERE id = ANY ($1::bigint[]) AND state NOT IN ('delivered', 'dead') AND attempts = 0 AND owner IS NULL AND replays IS NULL

-- name: release
UPDATE webhook SET owner = NULL, next_attempt_at = now()
WHERE id = ANY ($1::bigint[]) AND state NOT IN ('delivered', 'dead') AND owner = $2

-- name: recover
SELECT recover_webhooks($1)

-- name: record
SELECT record_webhooks($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: addressees
SELECT p.id, e.url, p.webhook_secret, CASE WHEN p.webhook_secret_old_until > now() THEN p.webhook_secret_old END AS old_secret,
       extract(epoch FROM p.webhook_secret_old_until - now())::double precision AS old_for_s
FROM partner p LEFT JOIN webhook_endpoint e ON e.partner_id = p.id AND e.disabled_at IS NULL
