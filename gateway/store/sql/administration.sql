-- What operators do. Run by gateway/store/administration.py, one transaction a command.

-- ---------------------------------------------------------------- partners and money

-- name: partner_by_name
SELECT id FROM partner WHERE name = $1

-- name: insert_partner
-- No row: the name is taken.
INSERT INTO partner (name, webhook_secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: insert_account
INSERT INTO account (partner_id) VALUES ($1) RETURNING partner_id

-- name: list_partners
SELECT p.name AS partner, a.balance, a.credit_limit, a.currency,
       (SELECT count(*) FROM api_key k WHERE k.partner_id = p.id AND k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > now())) AS live_keys,
       p.created_at
FROM partner p JOIN account a ON a.partner_id = p.id ORDER BY p.name

-- name: show_partner
SELECT p.name AS partner, a.balance, a.credit_limit, a.currency, p.created_at,
       w.url AS webhook_url, w.disabled_at AS webhook_disabled_at, w.disabled_why AS webhook_disabled_why
FROM partner p JOIN account a ON a.partner_id = p.id LEFT JOIN webhook_endpoint w ON w.partner_id = p.id
WHERE p.name = $1

-- name: lock_account
-- Orders of this partner wait until we commit.
SELECT a.partner_id, a.balance, a.credit_limit, a.currency
FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1 FOR NO KEY UPDATE OF a

-- name: entry_by_reference
SELECT e.amount, j.reason FROM entry e LEFT JOIN adjustment j ON j.partner_id = e.partner_id AND j.seq = e.seq
WHERE e.partner_id = $1 AND e.kind = $2 AND e.reference = $3

-- name: announce_money
-- Workers that found the account short ask again at once (flows/shortages).
SELECT pg_notify('quangate', 'money:' || $1::bigint) AS announced

-- name: insert_entry
-- The account row is locked. Entry numbers have no gaps, so both change in one statement.
WITH moved AS (
    UPDATE account SET balance = balance + $3, last_entry = last_entry + 1
    WHERE partner_id = $1 RETURNING balance, last_entry
)
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, reference)
SELECT $1, last_entry, $2, $3, balance, $4 FROM moved RETURNING balance_after AS balance, seq

-- name: insert_adjustment
INSERT INTO adjustment (partner_id, seq, reason, made_by) VALUES ($1, $2, $3, $4) RETURNING seq

-- name: tell_balance_low
SELECT tell_balance_low(ARRAY[$1::bigint])

-- name: set_credit_limit
UPDATE account SET credit_limit = $2 WHERE partner_id = $1 RETURNING credit_limit

-- name: show_account
SELECT p.name AS partner, a.balance, a.credit_limit, a.balance + a.credit_limit AS available, a.currency
FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1

-- name: newest_entries
SELECT e.seq::text AS id, e.kind, e.amount, e.balance_after, e.order_id::text AS order_no, e.reference, e.created_at
FROM partner p JOIN account a ON a.partner_id = p.id
CROSS JOIN LATERAL entries_between(p.id, a.last_entry + 1 - $2::bigint, a.last_entry + 1) AS e WHERE p.name = $1 ORDER BY e.seq DESC

-- ---------------------------------------------------------------- API keys

-- name: insert_key
INSERT INTO api_key (key_id, partner_id, signing_key, delivery_key, scopes, allow_ips, rate_per_s, replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING key_id

-- name: own_key
-- The newest live key of a partner whose id begins like this; its secrets stay wrapped.
SELECT key_id, signing_key, delivery_key FROM api_key
WHERE partner_id = $1 AND starts_with(key_id, $2) AND revoked_at IS NULL AND expires_at IS NULL
ORDER BY created_at DESC, key_id LIMIT 1

-- name: lock_key
SELECT k.key_id, k.partner_id, p.name AS partner, k.scopes, k.allow_ips, k.rate_per_s, k.expires_at,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
            WHEN k.expires_at IS NOT NULL THEN 'rotated' ELSE 'live' END AS state
FROM api_key k JOIN partner p ON p.id = k.partner_id WHERE k.key_id = $1 FOR NO KEY UPDATE OF k

-- name: expire_key
UPDATE api_key SET expires_at = now() + make_interval(secs => $2) WHERE key_id = $1 RETURNING expires_at

-- name: revoke_key
UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = $1 RETURNING revoked_at

-- name: list_keys
-- $1 NULL: of every partner.
SELECT k.key_id, p.name AS partner,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
            WHEN k.expires_at IS NOT NULL THEN 'rotated' ELSE 'live' END AS state,
       k.scopes, k.allow_ips, k.rate_per_s AS rate, k.replaces, k.expires_at, k.created_at
FROM api_key k JOIN partner p ON p.id = k.partner_id
WHERE $1::text IS NULL OR p.name = $1 ORDER BY p.name, k.created_at, k.key_id

-- ---------------------------------------------------------------- the vault

-- name: holds_secrets
-- True when anything here is wrapped under a key file.
SELECT EXISTS (SELECT FROM partner) OR EXISTS (SELECT FROM batch WHERE data_key IS NOT NULL)
    OR EXISTS (SELECT FROM upstream) AS found

-- ---------------------------------------------------------------- channels

-- name: insert_channel
-- No row: the name is taken.
INSERT INTO channel (name, adapter, partner_id, key_id, settings) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_channels
SELECT c.name AS channel, c.adapter, p.name AS partner, c.key_id, c.created_at,
       (SELECT count(*) FROM channel_order x WHERE x.channel_id = c.id AND x.state = 'pending') AS results_pending,
       (SELECT count(*) FROM channel_order x WHERE x.channel_id = c.id AND x.state = 'dead') AS results_dead
FROM channel c JOIN partner p ON p.id = c.partner_id ORDER BY c.name

-- ---------------------------------------------------------------- upstreams

-- name: insert_upstream
-- No row: the name is taken.
INSERT INTO upstream (name, connector, base_url, settings, callback_token, calls_per_s) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: upstream_by_name
SELECT id, connector, base_url, settings FROM upstream WHERE name = $1

-- name: list_upstreams
-- $1 NULL: every upstream.
SELECT u.name AS upstream, u.connector, u.base_url, u.paused, u.calls_per_s,
       (SELECT count(*) FROM route r WHERE r.upstream_id = u.id) AS routes,
       (SELECT count(*) FROM attempt a WHERE a.upstream_id = u.id AND a.next_check_at IS NOT NULL) AS open_attempts,
       u.created_at
FROM upstream u WHERE $1::text IS NULL OR u.name = $1 ORDER BY u.name

-- name: update_upstream
-- NULL leaves a column as it is; a limit of 0 takes the limit away.
UPDATE upstream SET base_url = coalesce($2, base_url), settings = coalesce($3, settings),
    calls_per_s = CASE WHEN $4::double precision IS NULL THEN calls_per_s ELSE nullif($4, 0) END
WHERE name = $1 RETURNING id

-- name: set_paused
UPDATE upstream SET paused = $2 WHERE name = $1 RETURNING id

-- ---------------------------------------------------------------- webhooks

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
-- Each filter may be NULL; newest first. Per partner, so that the index gives the newest ones.
SELECT w.id::text AS id, 'msg_' || w.id AS webhook_id, p.name AS partner, w.type, w.order_id::text AS order_no,
       coalesce(w.url, e.url) AS url, w.state, w.attempts, w.last_status, w.last_error, w.next_attempt_at, w.created_at
FROM partner p
CROSS JOIN LATERAL (
    (SELECT * FROM webhook w WHERE $2::text IS NULL AND w.partner_id BETWEEN p.id AND p.id ORDER BY w.partner_id DESC, w.id DESC LIMIT $3)
    UNION ALL
    (SELECT * FROM webhook w WHERE $2 = 'dead' AND w.partner_id BETWEEN p.id AND p.id AND w.state = 'dead' ORDER BY w.partner_id DESC, w.id DESC LIMIT $3)
    UNION ALL
    (SELECT * FROM (SELECT * FROM webhook x WHERE $2 = 'pending' AND x.partner_id = p.id AND x.state = 'pending' OFFSET 0) AS w
     ORDER BY w.id DESC LIMIT $3)  -- all that wait are read: their index goes by time
    UNION ALL
    (SELECT * FROM (SELECT * FROM webhook x WHERE $2 = 'delivered' AND x.partner_id BETWEEN p.id AND p.id
                    ORDER BY x.partner_id DESC, x.id DESC LIMIT 10000) AS w
     WHERE w.state = 'delivered' ORDER BY w.id DESC LIMIT $3)) AS w
LEFT JOIN webhook_endpoint e ON e.partner_id = w.partner_id
WHERE $1::text IS NULL OR p.name = $1 ORDER BY w.id DESC LIMIT $3

-- name: replay_webhook
-- The id, and so the webhook-id the receiver knows, stays the same.
UPDATE webhook SET state = 'pending', attempts = 0, next_attempt_at = now() WHERE id = $1
RETURNING id::text AS id, state

-- name: replay_dead_letters
-- The oldest first.
UPDATE webhook SET state = 'pending', attempts = 0, next_attempt_at = now() WHERE id IN (
    SELECT w.id FROM webhook w WHERE w.partner_id = $1 AND w.state = 'dead' ORDER BY w.id LIMIT $2)
RETURNING id

-- name: insert_test_webhook
-- No row: there is no endpoint, or it is disabled.
INSERT INTO webhook (id, partner_id, type, sequence, body, next_attempt_at)
SELECT message_id(), partner_id, 'test', 0, $2, now()
FROM webhook_endpoint WHERE partner_id = $1 AND disabled_at IS NULL
RETURNING id::text AS id, 'msg_' || id AS webhook_id, state

-- ---------------------------------------------------------------- orders

-- name: by_index
-- For the lists of this transaction: in the order of an index, whatever statistics say (store/database).
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true)

-- name: show_order
-- Orders are keyed by partner first: one look per partner, instead of one over all orders.
SELECT o.id::text AS order_no, o.out_order_no, p.name AS partner, s.sku, o.quantity, o.delivered_quantity, o.amount,
       s.currency, o.state, o.account, o.failure, o.parked, o.metadata, o.details, pl.name AS pool, o.created_at, o.updated_at
FROM partner p CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.partner_id = p.id AND o.id = $1 LIMIT 1) AS o
JOIN sku s ON s.id = o.sku_id LEFT JOIN pool pl ON pl.id = o.pool_id

-- name: order_attempts
SELECT a.id::text AS attempt_no, u.name AS upstream, a.product_id, a.state, a.upstream_no, a.cost, a.delivered_quantity,
       a.code, a.message, a.queries, a.next_check_at, a.created_at, a.updated_at
FROM attempt a JOIN upstream u ON u.id = a.upstream_id WHERE a.order_id = $1 ORDER BY a.id

-- name: order_entries
SELECT one.seq::text AS id, one.kind, one.amount, one.balance_after, one.reference, one.created_at
FROM partner p CROSS JOIN LATERAL (SELECT o.partner_id FROM orders o WHERE o.partner_id = p.id AND o.id = $1 LIMIT 1) AS o
JOIN entry e ON e.partner_id = o.partner_id AND (e.order_id = $1 OR e.order_ids @> ARRAY[$1::bigint])
CROSS JOIN LATERAL entries_of(e) AS one WHERE one.order_id = $1 ORDER BY one.seq

-- name: order_webhooks
SELECT w.id::text AS id, w.type, w.sequence, w.state, w.attempts, w.last_status, w.next_attempt_at
FROM webhook w WHERE w.order_id = $1 ORDER BY w.sequence

-- name: list_orders
-- Each filter may be NULL; newest first. Per partner, so that an index gives the newest ones; of the delivered
-- among each partner's newest 10,000.
SELECT o.id::text AS order_no, o.out_order_no, p.name AS partner, s.sku, o.quantity, o.amount, o.state, o.parked, o.created_at
FROM partner p
CROSS JOIN LATERAL (
    (SELECT * FROM orders o WHERE NOT $3::boolean AND $2::text IS NULL AND o.partner_id = p.id ORDER BY o.id DESC LIMIT $4)
    UNION ALL  -- by the index of states that few have
    (SELECT * FROM orders o WHERE NOT $3 AND o.partner_id = p.id AND o.state = $2 AND o.state <> 'delivered'
     ORDER BY o.state, o.id DESC LIMIT $4)
    UNION ALL
    (SELECT * FROM (SELECT * FROM orders x WHERE NOT $3 AND $2 = 'delivered' AND x.partner_id = p.id ORDER BY x.id DESC LIMIT 10000) AS o
     WHERE o.state = 'delivered' ORDER BY o.id DESC LIMIT $4)
    UNION ALL  -- those are few in all
    (SELECT * FROM orders o WHERE $3 AND o.parked IS NOT NULL AND o.partner_id = p.id AND ($2 IS NULL OR o.state = $2)
     ORDER BY o.id DESC LIMIT $4)) AS o
JOIN sku s ON s.id = o.sku_id
WHERE $1::text IS NULL OR p.name = $1 ORDER BY o.id DESC LIMIT $4

-- name: order_owner
SELECT o.partner_id, o.state, o.parked, o.account IS NULL AS delivers_codes, o.failure::jsonb ->> 'code' AS failure_code,
       EXISTS (SELECT FROM attempt a WHERE a.partner_id = o.partner_id AND a.order_id = o.id) AS from_upstream
FROM partner p
CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.partner_id = p.id AND o.id = $1 LIMIT 1) AS o

-- name: insert_resolution
INSERT INTO resolution (partner_id, order_id, verdict, reason, requested_by, requested_from) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (partner_id, order_id) WHERE approved_at IS NULL DO NOTHING RETURNING id

-- name: pending_resolution
SELECT id, verdict, reason, requested_by FROM resolution
WHERE partner_id = $1 AND order_id = $2 AND approved_at IS NULL FOR UPDATE

-- name: withdraw_resolution
DELETE FROM resolution WHERE id = $1 RETURNING id

-- name: approve_resolution
UPDATE resolution SET approved_by = $2, approved_at = now(), outcome = $3, approved_from = $4 WHERE id = $1 RETURNING id

-- name: resolve_order
SELECT resolve_order($1, $2, $3, $4) AS outcome

-- name: cancel_order
SELECT coalesce(bool_or(cancel_order(a.partner_id, a.order_id, a.id)), false) AS cancelled
FROM attempt a WHERE a.partner_id = $1 AND a.order_id = $2 AND a.state = 'created'

-- name: order_resolutions
SELECT verdict, reason, requested_by, requested_from, requested_at, approved_by, approved_from, approved_at, outcome
FROM resolution WHERE order_id = $1 ORDER BY id

-- name: lane_states
-- Lanes of workers that live; those of the dead say nothing of now.
SELECT u.name AS upstream, l.product_id, l.breaker, l.reason, l.waiting, l.under_way, l.calls, l.failures,
       round(l.success_rate::numeric, 2)::float8 AS success_rate, round(l.latency_s::numeric, 3)::float8 AS latency_s, l.updated_at
FROM lane_state l JOIN worker w ON w.worker_id = l.worker_id AND w.expires_at > now() JOIN upstream u ON u.id = l.upstream_id
WHERE $1::text IS NULL OR u.name = $1 ORDER BY u.name, l.product_id, l.worker_id
