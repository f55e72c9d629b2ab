-- What people do with pools and SKUs.

-- ---------------------------------------------------------------- pools

-- name: insert_pool
-- No row: the name is taken.
INSERT INTO pool (name, case_insensitive, ignore_spaces) VALUES ($1, $2, $3)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: insert_purchase_pool
-- No row: the name is taken.
INSERT INTO pool (name, purchased) VALUES ($1, true) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: pool_by_name
SELECT id, purchased FROM pool WHERE name = $1

-- name: list_pools
-- $1 NULL: every pool. `free` is what no worker holds; leased codes are for sale too.
SELECT p.name AS pool, p.size AS imported, n.free + n.leased AS for_sale, n.free, n.leased,
       (SELECT count(*) FROM lease l WHERE l.pool_id = p.id AND l.state = 'active') AS leases,
       ARRAY(SELECT s.sku FROM sku s WHERE p.id IN (s.pool_id, s.purchase_pool_id) ORDER BY 1) AS skus, p.purchased,
       p.case_insensitive, p.ignore_spaces, p.created_at
FROM pool p CROSS JOIN LATERAL pool_level(p.id) AS n WHERE $1::text IS NULL OR p.name = $1 ORDER BY p.name

-- name: pool_batches
SELECT b.id::text AS batch, b.kind, b.state, b.source, b.imported, b.duplicates, b.rejected, b.created_at
FROM batch b JOIN pool p ON p.id = b.pool_id WHERE p.name = $1 ORDER BY b.id DESC LIMIT 50

-- ---------------------------------------------------------------- SKUs

-- name: insert_sku
-- No row: the name is taken.
INSERT INTO sku (sku, name, kind, pool_id, purchase_pool_id, price, face_value, account_rule, per_buyer, quantity_max,
                 low_stock, offered_to_all, category_id, tags, min_life_days, allow_zero)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11, 100), $12, $13, $14, $15, $16)
ON CONFLICT (sku) DO NOTHING RETURNING id

-- name: sku_by_name
SELECT id FROM sku WHERE sku = $1

-- name: list_skus
-- $1 NULL: every SKU.
SELECT s.sku, s.name, s.kind, p.name AS pool, s.purchase_pool_id IS NOT NULL AS bought_on_demand, s.price, s.currency,
       s.face_value, s.account_rule, s.per_buyer, s.quantity_max, s.min_life_days AS min_life, s.offered_to_all, s.on_sale, c.name AS category, s.tags, s.updated_at
FROM sku s LEFT JOIN pool p ON p.id IN (s.pool_id, s.purchase_pool_id) LEFT JOIN category c ON c.id = s.category_id
WHERE $1::text IS NULL OR s.sku = $1 ORDER BY s.sku

-- name: sku_routes
SELECT u.name AS upstream, u.connector, r.product_id, r.priority, r.cost, u.paused
FROM route r JOIN sku s ON s.id = r.sku_id JOIN upstream u ON u.id = r.upstream_id
WHERE s.sku = $1 ORDER BY r.priority, r.cost NULLS LAST, u.name

-- name: insert_offer
INSERT INTO sku_offer (sku_id, partner_id) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: insert_route
-- No row: given twice.
INSERT INTO route (sku_id, upstream_id, product_id, priority, cost) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING sku_id

-- name: set_limits
-- NULL leaves a limit, 0 lifts it.
UPDATE sku SET per_buyer = nullif(coalesce($2, per_buyer), 0), quantity_max = nullif(coalesce($3, quantity_max), 0),
    min_life_days = coalesce($4, min_life_days), updated_at = now()
WHERE sku = $1 RETURNING id

-- name: set_account_rule
UPDATE sku SET account_rule = $2, updated_at = now() WHERE sku = $1 RETURNING id

-- name: set_on_sale
UPDATE sku SET on_sale = $2, updated_at = now() WHERE sku = $1 RETURNING id

-- ---------------------------------------------------------------- upstreams

-- name: upstream_by_name
SELECT id, connector FROM upstream WHERE name = $1

-- ---------------------------------------------------------------- for the log of changes

-- name: trace_pool
SELECT id::text AS id, name, case_insensitive, ignore_spaces, purchased, min_life, created_at FROM pool WHERE name = $1

-- name: trace_sku
SELECT id::text AS id, sku, name, kind, pool_id::text AS pool_id, purchase_pool_id::text AS purchase_pool_id, price, currency, face_value,
       account_rule, per_buyer, quantity_max, low_stock, offered_to_all, on_sale, allow_zero, created_at, updated_at,
       category_id::text AS category_id, tags, min_life_days
FROM sku WHERE sku = $1 FOR NO KEY UPDATE

-- name: trace_offer
SELECT o.sku_id::text AS sku_id, o.partner_id::text AS partner_id
FROM sku_offer o JOIN sku s ON s.id = o.sku_id JOIN partner p ON p.id = o.partner_id
WHERE s.sku = $1 AND p.name = $2 FOR NO KEY UPDATE OF o

-- name: set_own_price
-- A partner's own price replaces what he had: a row with no condition but the partner, and an amount.
WITH gone AS (
    DELETE FROM price_row WHERE sku_id = $1 AND partner_id = $2 AND amount IS NOT NULL AND priority = 0
       AND num_nonnulls(channel_id, campaign_id, min_quantity, starts_at, ends_at) = 0
)
INSERT INTO price_row (sku_id, currency, amount, partner_id, allow_zero, below)
SELECT s.id, s.currency, $3, $2, $4, $5 FROM sku s WHERE s.id = $1 RETURNING id

-- name: sku_offers
SELECT p.name AS partner, coalesce(own.amount, s.price) AS price, own.amount IS NOT NULL AS own_price
FROM sku_offer o JOIN sku s ON s.id = o.sku_id JOIN partner p ON p.id = o.partner_id
LEFT JOIN LATERAL (
    SELECT r.amount FROM price_row r
    WHERE r.sku_id = o.sku_id AND r.partner_id = o.partner_id AND r.amount IS NOT NULL
      AND num_nonnulls(r.channel_id, r.campaign_id, r.min_quantity, r.starts_at, r.ends_at) = 0
      AND (r.proposed_by IS NULL OR r.approved_by IS NOT NULL)
    ORDER BY r.priority, r.amount LIMIT 1) AS own ON true
WHERE s.sku = $1 ORDER BY p.name
