-- A partner's own messages at the portal. $1 is always its id.

-- name: portal_webhooks
-- Each filter may be NULL; newest first, older than the message $4 (NULL: from the newest on).
SELECT w.id::text AS id, 'msg_' || w.id AS webhook_id, w.type, w.order_id::text AS order_no, coalesce(w.url, e.url) AS url, w.state,
       w.attempts, w.last_status, w.last_error, w.next_attempt_at, w.sandbox IS TRUE AS sandbox, w.created_at
FROM (
    (SELECT * FROM webhook w WHERE w.partner_id = $1 AND $2::text IS NULL AND $3::text IS NULL
       AND w.id < coalesce($4::text::bigint, 9223372036854775807) ORDER BY w.partner_id DESC, w.id DESC LIMIT $5)
    UNION ALL
    (SELECT * FROM webhook w WHERE w.partner_id = $1 AND $3 IS NULL AND $2 = 'dead' AND w.state = 'dead'
       AND w.id < coalesce($4::text::bigint, 9223372036854775807) ORDER BY w.partner_id DESC, w.id DESC LIMIT $5)
    UNION ALL  -- among the next 10,000
    (SELECT * FROM (SELECT * FROM webhook x WHERE x.partner_id = $1 AND $3 IS NULL AND $2 <> 'dead'
       AND x.id < coalesce($4::text::bigint, 9223372036854775807) ORDER BY x.partner_id DESC, x.id DESC LIMIT 10000) AS w
     WHERE w.state = $2 ORDER BY w.id DESC LIMIT $5)
    UNION ALL  -- those of an order are few
    (SELECT * FROM (SELECT * FROM webhook x WHERE x.order_id = $3::bigint ORDER BY x.order_id LIMIT 1000) AS w
     WHERE w.partner_id = $1 AND ($2 IS NULL OR w.state = $2)
       AND w.id < coalesce($4::text::bigint, 9223372036854775807))) AS w
LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id ORDER BY w.id DESC LIMIT $5

-- name: portal_webhook
-- With its body as it was sent; NULL: it was not composed yet.
SELECT w.id::text AS id, 'msg_' || w.id AS webhook_id, w.type, w.order_id::text AS order_no, coalesce(w.url, e.url) AS url, w.state,
       w.attempts, coalesce(w.replays, 0) AS replays, w.last_status, w.last_error, w.next_attempt_at, w.sandbox IS TRUE AS sandbox,
       w.created_at, w.body
FROM webhook w LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id WHERE w.partner_id = $1 AND w.id = $2

-- name: portal_replay
-- The id, and so the webhook-id the receiver knows, stays the same.
UPDATE webhook SET state = 'pending', attempts = 0, replays = coalesce(replays, 0) + 1, next_attempt_at = now()
WHERE partner_id = $1 AND id = $2 RETURNING id::text AS id, state

-- name: portal_replay_dead
-- Those made since $2 (NULL: all), the oldest first, at most $3: numbers go by the time, and clocks differ by less than a day.
UPDATE webhook SET state = 'pending', attempts = 0, replays = coalesce(replays, 0) + 1, next_attempt_at = now()
WHERE partner_id = $1 AND id = ANY (ARRAY(
    SELECT w.id FROM webhook w WHERE w.partner_id BETWEEN $1 AND $1 AND w.state = 'dead'
      AND w.id >= greatest(0, extract(epoch FROM $2::timestamptz) * 1000 - 1735689600000 - 86400000)::bigint << 22
      AND ($2 IS NULL OR w.created_at >= $2) ORDER BY w.partner_id, w.id LIMIT $3))
RETURNING id
