-- Webhook messages as their partner sees them, and the writes a partner may ask for.

-- name: page
SELECT w.id, w.type, w.order_id, coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status,
       w.next_attempt_at, w.created_at
FROM webhook w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.partner_id = $1
  AND ($2::bigint IS NULL OR w.id = $2)
  AND ($3::bigint IS NULL OR w.order_id = $3)
  AND ($4::text IS NULL OR w.state = $4)
  AND ($5::bigint IS NULL OR w.id < $5)
ORDER BY w.id DESC LIMIT $6

-- name: replay
-- The id, and so the webhook-id the receiver knows, stays the same; the schedule starts anew.
UPDATE webhook SET state = 'pending', attempts = 0, next_attempt_at = now()
WHERE partner_id = $1 AND id = $2 RETURNING id

-- name: insert_test
-- No row: there is no endpoint, or it is disabled.
INSERT INTO webhook (id, partner_id, type, sequence, body, next_attempt_at)
SELECT $2, $1, 'test', 0, $3, now() FROM webhook_endpoint
WHERE partner_id = $1 AND disabled_at IS NULL RETURNING id

-- name: use_nonce
-- No row: this key used the nonce within the time given.
INSERT INTO used_nonce AS u (key_id, nonce) VALUES ($1, $2)
ON CONFLICT (key_id, nonce) DO UPDATE SET used_at = now()
WHERE u.used_at < now() - make_interval(secs => $3) RETURNING u.nonce

-- name: prune_nonces
DELETE FROM used_nonce WHERE used_at < now() - make_interval(secs => $1)
