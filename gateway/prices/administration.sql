-- What people do with prices.

-- ---------------------------------------------------------------- rows

-- name: insert_price_row
-- The currency is the SKU's, of a category that of most of what there is.
INSERT INTO price_row (sku_id, category_id, currency, amount, basis_points, partner_id, channel_id, campaign_id, min_quantity,
                       starts_at, ends_at, priority, allow_zero, proposed_by, reason, below, approved_by)
VALUES ($1, $2, coalesce((SELECT currency FROM sku WHERE id = $1), 'CNY'), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
RETURNING id

-- name: list_price_rows
-- $1 NULL: every row; else those of a SKU and of the categories it lies in.
WITH RECURSIVE above (id) AS (
    SELECT category_id FROM sku WHERE sku = $1
    UNION SELECT c.parent_id FROM category c JOIN above a ON a.id = c.id
)
SELECT r.id::text AS price, s.sku, g.name AS category, r.amount, (r.basis_points::numeric / 100)::double precision AS percent,
       r.currency, p.name AS partner, h.name AS channel, c.name AS campaign, r.min_quantity, r.starts_at, r.ends_at, r.priority,
       r.allow_zero, CASE WHEN r.proposed_by IS NOT NULL AND r.approved_by IS NULL THEN 'proposed' WHEN now() >= r.ends_at THEN 'over'
       WHEN now() < r.starts_at THEN 'coming' ELSE 'in force' END AS state, r.proposed_by, r.approved_by, r.reason
FROM price_row r
LEFT JOIN sku s ON s.id = r.sku_id
LEFT JOIN category g ON g.id = r.category_id
LEFT JOIN partner p ON p.id = r.partner_id
LEFT JOIN channel h ON h.id = r.channel_id
LEFT JOIN campaign c ON c.id = r.campaign_id
WHERE $1::text IS NULL OR s.sku = $1 OR r.category_id IN (SELECT id FROM above)
ORDER BY r.id

-- name: channel_by_name
SELECT id FROM channel WHERE name = $1

-- name: campaign_by_name
SELECT id FROM campaign WHERE name = $1

-- name: delete_price_row
DELETE FROM price_row WHERE id = $1 RETURNING id

-- ---------------------------------------------------------------- list prices

-- name: priced_sku
-- What is priced: its row is held, so that prices and floors of a SKU change one after the other.
SELECT id, price, currency, allow_zero FROM sku WHERE sku = $1 FOR NO KEY UPDATE

-- name: set_list_price
UPDATE sku SET price = $2, allow_zero = $3, updated_at = now() WHERE id = $1 RETURNING id

-- ---------------------------------------------------------------- floors

-- name: floors_of_category
-- Everything with a floor or a known cost in a category and below it.
WITH RECURSIVE below (id) AS (SELECT $1::bigint UNION SELECT c.id FROM category c JOIN below b ON b.id = c.parent_id)
SELECT s.sku, s.price, s.currency, f.amount AS floor_amount, f.basis_points AS floor_basis_points, c.cost
FROM sku s LEFT JOIN price_floor f ON f.sku_id = s.id
     LEFT JOIN LATERAL (SELECT r.cost FROM route r WHERE r.sku_id = s.id AND r.cost IS NOT NULL ORDER BY r.priority, r.cost LIMIT 1) AS c ON true
WHERE s.category_id IN (SELECT id FROM below) AND num_nonnulls(f.sku_id, c.cost) > 0 ORDER BY s.sku

-- name: floor_of_sku
SELECT s.sku, s.price, s.currency, f.amount AS floor_amount, f.basis_points AS floor_basis_points, c.cost
FROM sku s LEFT JOIN price_floor f ON f.sku_id = s.id
     LEFT JOIN LATERAL (SELECT r.cost FROM route r WHERE r.sku_id = s.id AND r.cost IS NOT NULL ORDER BY r.priority, r.cost LIMIT 1) AS c ON true
WHERE s.id = $1

-- name: set_floor
INSERT INTO price_floor (sku_id, amount, basis_points) VALUES ($1, $2, $3)
ON CONFLICT (sku_id) DO UPDATE SET amount = excluded.amount, basis_points = excluded.basis_points, set_at = now()
RETURNING sku_id

-- ---------------------------------------------------------------- for the log of changes

-- name: trace_price_row
SELECT id::text AS id, sku_id::text AS sku_id, category_id::text AS category_id, currency, amount, basis_points,
       partner_id::text AS partner_id, channel_id::text AS channel_id, campaign_id::text AS campaign_id, min_quantity, starts_at, ends_at,
       priority, allow_zero, proposed_by, reason, approved_by, below, created_at
FROM price_row WHERE id = $1 FOR NO KEY UPDATE

-- name: trace_own_price
-- The newest row that is a partner's own price of a SKU.
SELECT r.id::text AS id, r.sku_id::text AS sku_id, r.category_id::text AS category_id, r.currency, r.amount, r.basis_points,
       r.partner_id::text AS partner_id, r.channel_id::text AS channel_id, r.campaign_id::text AS campaign_id, r.min_quantity, r.starts_at,
       r.ends_at, r.priority, r.allow_zero, r.proposed_by, r.reason, r.approved_by, r.below, r.created_at
FROM price_row r JOIN sku s ON s.id = r.sku_id JOIN partner p ON p.id = r.partner_id
WHERE s.sku = $1 AND p.name = $2 AND r.amount IS NOT NULL AND r.priority = 0
  AND num_nonnulls(r.channel_id, r.campaign_id, r.min_quantity, r.starts_at, r.ends_at) = 0
ORDER BY r.id DESC LIMIT 1 FOR NO KEY UPDATE OF r

-- name: trace_price_floor
SELECT f.sku_id::text AS sku_id, f.amount, f.basis_points, f.set_at
FROM price_floor f JOIN sku s ON s.id = f.sku_id WHERE s.sku = $1 FOR NO KEY UPDATE OF f
