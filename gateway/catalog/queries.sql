-- The catalog snapshot. All of it is read in one transaction, and the books of other features with it.

-- name: partners
SELECT id, name FROM partner

-- name: pools
SELECT id, name FROM pool

-- name: keys
-- Keys that still work; an overlap that ends later is watched by the worker's clock.
SELECT key_id, partner_id, signing_key, delivery_key, scopes, allow_ips, rate_per_s, expires_at
FROM api_key WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())

-- name: skus
SELECT id, sku, name, kind, pool_id, purchase_pool_id, price, currency, face_value, account_rule, per_buyer,
       quantity_max, low_stock, offered_to_all, on_sale, min_life_days, updated_at, category_id, tags
FROM sku ORDER BY sku

-- name: categories
SELECT id, name, parent_id FROM category

-- name: offers
SELECT sku_id, partner_id FROM sku_offer

-- name: routes
SELECT sku_id, upstream_id, product_id, priority, cost FROM route ORDER BY sku_id, priority, cost NULLS LAST

-- name: upstreams
SELECT id, name, connector, base_url, paused, calls_per_s FROM upstream

-- name: endpoints
SELECT partner_id FROM webhook_endpoint WHERE disabled_at IS NULL

-- name: sales_closed
SELECT EXISTS (SELECT FROM restoration WHERE checked_at IS NULL) AS closed
