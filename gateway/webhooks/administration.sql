-- What its actions and views ask.

-- name: upsert_endpoint
-- Setting it again also enables it again.
INSERT INTO webhook_endpoint AS e (partner_id, url) VALUES ($1, $2)
ON CONFLICT (partner_id) DO UPDATE
SET url = excluded.url, disabled_at = NULL, disabled_why = NULL, failing_since = NULL,
    set_at = CASE WHEN e.disabled_at IS NULL THEN e.set_at ELSE now() END
RETURNING partner_id

-- name: lock_webhook_secret
SELECT id, webhook_secret FROM partner WHERE name = $1 FOR NO KEY UPDATE

-- name: rotate_webhook_secret
-- For a day the old one signs too.
UPDATE partner SET webhook_secret = $2, webhook_secret_old = webhook_secret, webhook_secret_old_until = now() + interval '1 day'
WHERE id = $1 RETURNING webhook_secret_old_until

-- name: list_webhooks
-- Each filter may be NULL; newest first, older than the message $3 (NULL: from the newest on). Per partner, so that
-- the index gives the newest ones.
SELECT w.id::text AS id, 'msg_' || w.id AS webhook_id, p.name AS partner, w.type, w.order_id::text AS order_no,
       coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status, w.last_error, w.next_attempt_at, w.created_at
FROM partner p
CROSS JOIN LATERAL (
    (SELECT * FROM webhook w WHERE $2::text IS NULL AND $5::text IS NULL AND w.partner_id BETWEEN p.id AND p.id
       AND w.id < coalesce($3::text::bigint, 9223372036854775807) ORDER BY w.partner_id DESC, w.id DESC LIMIT $4)
    UNION ALL
    (SELECT * FROM webhook w WHERE $2 = 'dead' AND $5 IS NULL AND w.partner_id BETWEEN p.id AND p.id AND w.state = 'dead'
       AND w.id < coalesce($3::text::bigint, 9223372036854775807) ORDER BY w.partner_id DESC, w.id DESC LIMIT $4)
    UNION ALL
    (SELECT * FROM (SELECT * FROM webhook x WHERE $2 = 'pending' AND $5 IS NULL AND x.partner_id = p.id AND x.state = 'pending'
       AND x.id < coalesce($3::text::bigint, 9223372036854775807) OFFSET 0) AS w
     ORDER BY w.id DESC LIMIT $4)  -- all that wait are read: their index goes by time
    UNION ALL
    (SELECT * FROM (SELECT * FROM webhook x WHERE $2 = 'delivered' AND $5 IS NULL AND x.partner_id BETWEEN p.id AND p.id
       AND x.id < coalesce($3::text::bigint, 9223372036854775807)
                    ORDER BY x.partner_id DESC, x.id DESC LIMIT 10000) AS w
     WHERE w.state = 'delivered' ORDER BY w.id DESC LIMIT $4)
    UNION ALL  -- those of an order ($5) are few
    (SELECT * FROM (SELECT * FROM webhook x WHERE x.order_id = $5::bigint ORDER BY x.order_id LIMIT 1000) AS w
     WHERE w.partner_id = p.id AND ($2 IS NULL OR w.state = $2) AND w.id < coalesce($3::text::bigint, 9223372036854775807))) AS w
LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE $1::text IS NULL OR p.name = $1 ORDER BY w.id DESC LIMIT $4

-- name: replay_webhook
-- The id, and so the webhook-id the receiver knows, stays the same.
UPDATE webhook SET state = 'pending', attempts = 0, replays = coalesce(replays, 0) + 1, next_attempt_at = now() WHERE id = $1
RETURNING id::text AS id, state

-- name: replay_dead_letters
-- The oldest first, of those made since $3 (NULL: ever): numbers go by the time, and clocks differ by less than a day.
UPDATE webhook SET state = 'pending', attempts = 0, replays = coalesce(replays, 0) + 1, next_attempt_at = now() WHERE id = ANY (ARRAY(
    SELECT w.id FROM webhook w WHERE w.partner_id BETWEEN $1 AND $1 AND w.state = 'dead'
      AND w.id >= greatest(0, extract(epoch FROM $3::timestamptz) * 1000 - 1735689600000 - 86400000)::bigint << 22
      AND ($3 IS NULL OR w.created_at >= $3) ORDER BY w.partner_id, w.id LIMIT $2))
RETURNING id

-- name: unheard
-- A row: one of the messages $1 goes to its partner's endpoint, and that is disabled, or (url NULL) was never set.
SELECT p.name AS partner, e.url FROM webhook w JOIN partner p ON p.id = w.partner_id
LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE w.id = ANY ($1::bigint[]) AND w.url IS NULL AND (e.partner_id IS NULL OR e.disabled_at IS NOT NULL) LIMIT 1

-- name: endpoints
-- Where partners are told, those in trouble first; of each how many messages wait and how many are dead, up to 1001.
SELECT p.name AS partner, e.url, e.disabled_at, e.disabled_why, e.failing_since,
       (SELECT count(*) FROM (SELECT FROM webhook w WHERE w.partner_id = p.id AND w.state = 'pending' LIMIT 1001) AS x) AS pending,
       (SELECT count(*) FROM (SELECT FROM webhook w WHERE w.partner_id = p.id AND w.state = 'dead' ORDER BY w.id LIMIT 1001) AS x) AS dead
FROM partner p JOIN webhook_endpoint e ON e.partner_id = p.id
ORDER BY e.disabled_at IS NULL, e.failing_since IS NULL, p.name LIMIT 200

-- name: insert_test_webhook
-- No row: there is no endpoint, or it is disabled.
INSERT INTO webhook (partner_id, type, sequence, body, next_attempt_at)
SELECT partner_id, 'test', 0, $2, now()
FROM webhook_endpoint WHERE partner_id = $1 AND disabled_at IS NULL
RETURNING id::text AS id, 'msg_' || id AS webhook_id, state

-- ---------------------------------------------------------------- for the log of changes

-- name: trace_endpoint
SELECT w.partner_id::text AS partner_id, w.url, w.disabled_at, w.disabled_why, w.failing_since, w.set_at
FROM webhook_endpoint w JOIN partner p ON p.id = w.partner_id WHERE p.name = $1 FOR NO KEY UPDATE OF w

-- name: trace_webhook
SELECT id::text AS id, partner_id::text AS partner_id, order_id::text AS order_id, type, sequence, url, state, attempts, last_status,
       last_error, next_attempt_at, created_at, replays, sandbox
FROM webhook WHERE id = $1 FOR NO KEY UPDATE
