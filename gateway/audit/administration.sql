-- What its actions and views ask.

-- name: partner_by_name
SELECT id FROM partner WHERE name = $1

-- name: holds_secrets
-- True when anything here is wrapped under a key file.
SELECT EXISTS (SELECT FROM partner) OR EXISTS (SELECT FROM batch WHERE data_key IS NOT NULL)
    OR EXISTS (SELECT FROM upstream) AS found

-- name: some_secrets
-- A wrapped secret of each kind, the oldest, or NULL: whether a key file is the one of this database.
SELECT (SELECT webhook_secret FROM partner ORDER BY id LIMIT 1) AS partner,
    (SELECT settings FROM upstream ORDER BY id LIMIT 1) AS upstream,
    (SELECT data_key FROM batch WHERE data_key IS NOT NULL ORDER BY id LIMIT 1) AS batch

-- ---------------------------------------------------------------- channels

-- The log of changes: written by ground/desk, and the rows that actions are seen by, before and after.
-- A `trace_…` gives at most one row, under its columns' own names; none of them is secret.

-- name: record_change
SELECT record_change($1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb, $7, $8) AS id

-- name: list_changes
-- Each filter (subject, action, actor) may be NULL; newest first, beyond the one that $4 names. $5: how many.
SELECT c.id::text AS id, c.at, c.actor, c.action, c.subject, c.reason, c.given, c.before, c.after, c.whence
FROM change c
WHERE ($1::text IS NULL OR c.subject = $1) AND ($2::text IS NULL OR c.action = $2) AND ($3::text IS NULL OR c.actor = $3)
  AND ($4::text IS NULL OR c.id < $4::text::bigint)
ORDER BY c.id DESC LIMIT $5

-- name: trace_partner
SELECT id::text AS id, name, webhook_secret_old_until, created_at FROM partner WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_pool
SELECT id::text AS id, name, case_insensitive, ignore_spaces, purchased, min_life, created_at FROM pool WHERE name = $1

-- name: trace_account
SELECT a.partner_id::text AS partner_id, a.currency, a.balance, a.credit_limit, a.last_entry::text AS last_entry
FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1 FOR NO KEY UPDATE OF a

-- name: trace_key
SELECT key_id, partner_id::text AS partner_id, scopes, allow_ips, rate_per_s, replaces, expires_at, revoked_at, created_at
FROM api_key WHERE key_id = $1 FOR NO KEY UPDATE

-- name: trace_sku
SELECT id::text AS id, sku, name, kind, pool_id::text AS pool_id, purchase_pool_id::text AS purchase_pool_id, price, currency, face_value,
       account_rule, per_buyer, quantity_max, low_stock, offered_to_all, on_sale, allow_zero, created_at, updated_at,
       category_id::text AS category_id, tags, min_life_days
FROM sku WHERE sku = $1 FOR NO KEY UPDATE

-- name: trace_offer
SELECT o.sku_id::text AS sku_id, o.partner_id::text AS partner_id
FROM sku_offer o JOIN sku s ON s.id = o.sku_id JOIN partner p ON p.id = o.partner_id
WHERE s.sku = $1 AND p.name = $2 FOR NO KEY UPDATE OF o

-- name: trace_campaign
SELECT id::text AS id, name, sku_id::text AS sku_id, starts_at, ends_at, per_buyer, kind, warm_up_s, for_all, ended_at
FROM campaign WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_channel
SELECT id::text AS id, name, adapter, partner_id::text AS partner_id, key_id, created_at FROM channel WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_upstream
SELECT id::text AS id, name, connector, base_url, paused, calls_per_s, created_at FROM upstream WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_endpoint
SELECT w.partner_id::text AS partner_id, w.url, w.disabled_at, w.disabled_why, w.failing_since, w.set_at
FROM webhook_endpoint w JOIN partner p ON p.id = w.partner_id WHERE p.name = $1 FOR NO KEY UPDATE OF w

-- name: trace_webhook
SELECT id::text AS id, partner_id::text AS partner_id, order_id::text AS order_id, type, sequence, url, state, attempts, last_status,
       last_error, next_attempt_at, created_at, replays
FROM webhook WHERE id = $1 FOR NO KEY UPDATE

-- name: trace_attempt
-- The newest attempt of an order. Whoever moves an order locks it first, so the order is looked at after it.
SELECT id::text AS id, partner_id::text AS partner_id, order_id::text AS order_id, upstream_id::text AS upstream_id, product_id, quantity,
       cost_max, face_value, state, upstream_no, cost, delivered_quantity, code, queries, not_found, next_check_at, created_at, sent_at,
       updated_at, sends, line, purpose
FROM attempt WHERE order_id = $1 ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE

-- name: trace_order
SELECT o.partner_id::text AS partner_id, o.id::text AS id, o.out_order_no, o.sku_id::text AS sku_id, o.quantity, o.amount, o.currency, o.state,
       o.delivered_quantity, o.pool_id::text AS pool_id, o.failure, o.last_event, o.parked, o.refunded, o.created_at, o.updated_at
FROM partner p
CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $1 LIMIT 1) AS o

-- name: trace_resolution
-- The newest decision about an order.
SELECT id::text AS id, partner_id::text AS partner_id, order_id::text AS order_id, verdict, reason, requested_by, requested_at,
       requested_from, approved_by, approved_at, approved_from, outcome
FROM resolution WHERE order_id = $1 ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE

-- name: trace_batch
SELECT id::text AS id, pool_id::text AS pool_id, kind, state, source, lo, imported, duplicates, rejected, lines_done, bytes_done,
       created_at, completed_at, expiring
FROM batch WHERE id = $1
