-- What its actions and views ask.

-- name: insert_channel
-- No row: the name is taken.
INSERT INTO channel (name, adapter, partner_id, key_id, settings, base_url) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_channels
-- $1 NULL: every channel.
SELECT c.name AS channel, c.adapter, p.name AS partner, c.key_id, c.base_url, c.paused, c.created_at,
       (SELECT count(*) FROM channel_order x WHERE x.channel_id = c.id AND x.state = 'pending') AS results_pending,
       (SELECT count(*) FROM channel_order x WHERE x.channel_id = c.id AND x.state = 'dead') AS results_dead
FROM channel c JOIN partner p ON p.id = c.partner_id WHERE $1::text IS NULL OR c.name = $1 ORDER BY c.name

-- name: stored_channel
-- An action's trace has locked the row before.
SELECT id, adapter, settings FROM channel WHERE name = $1

-- name: update_channel
-- NULL leaves the address as it is.
UPDATE channel SET settings = $2, base_url = coalesce($3, base_url) WHERE name = $1 RETURNING id

-- name: set_paused
UPDATE channel SET paused = $2 WHERE name = $1 RETURNING id

-- name: map_product
INSERT INTO channel_product (channel_id, external_product, sku_id) VALUES ($1, $2, $3)
ON CONFLICT (channel_id, external_product) DO UPDATE SET sku_id = excluded.sku_id

-- name: wake_unmapped
-- What was left alone is looked at again, once workers have heard.
UPDATE channel_task SET next_attempt_at = now() + interval '2 seconds', attempts = 0 WHERE channel_id = $1 AND state = 'unmapped'

-- name: unmap_product
DELETE FROM channel_product WHERE channel_id = $1 AND external_product = $2 RETURNING sku_id

-- name: products_of
SELECT m.external_product, s.sku, m.created_at FROM channel_product m JOIN sku s ON s.id = m.sku_id
WHERE m.channel_id = $1 ORDER BY m.external_product

-- name: kind_of
SELECT kind FROM sku WHERE id = $1

-- name: waiting_of
-- Orders of a house that wait for a person: the oldest, 100 at most.
SELECT t.number, t.state, t.why, t.created_at FROM channel_task t
WHERE t.channel_id = $1 AND t.state IN ('unmapped', 'held') ORDER BY t.created_at LIMIT 100

-- name: retry_task
-- From the beginning, or from its order, if it is one by now.
UPDATE channel_task t SET why = NULL, attempts = 0, next_attempt_at = now(), refund_asked = false,
    state = CASE WHEN EXISTS (SELECT FROM orders o WHERE o.partner_id = t.partner_id AND o.out_order_no = t.number)
                 THEN 'placed' ELSE 'new' END
WHERE t.channel_id = $1 AND t.number = $2 AND t.state = 'held' RETURNING t.state

-- name: drop_task
UPDATE channel_task t SET state = 'done', next_attempt_at = NULL
WHERE t.channel_id = $1 AND t.number = $2 AND t.state IN ('unmapped', 'held') RETURNING t.channel_id

-- name: trace_task
SELECT t.channel_id::text AS channel_id, t.number, t.state, t.why, t.refund_asked, t.attempts, t.created_at
FROM channel_task t JOIN channel c ON c.id = t.channel_id WHERE c.name = $1 AND t.number = $2 FOR NO KEY UPDATE OF t

-- name: trace_channel
SELECT id::text AS id, name, adapter, partner_id::text AS partner_id, key_id, base_url, paused, created_at
FROM channel WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_product
SELECT m.channel_id::text AS channel_id, m.external_product, m.sku_id::text AS sku_id, m.created_at
FROM channel_product m JOIN channel c ON c.id = m.channel_id WHERE c.name = $1 AND m.external_product = $2
