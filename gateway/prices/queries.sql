-- The prices as the order path knows them.

-- name: list_prices
SELECT s.id, s.price, s.allow_zero, f.amount AS floor_amount, f.basis_points AS floor_basis_points
FROM sku s LEFT JOIN price_floor f ON f.sku_id = s.id

-- name: price_rows
-- Rows in force, each for every SKU it is about. A window that is over for an hour opens to no order:
-- no clock of a worker is so far behind.
WITH RECURSIVE below (category_id, id) AS (
    SELECT id, id FROM category
    UNION SELECT b.category_id, c.id FROM category c JOIN below b ON b.id = c.parent_id
)
SELECT r.id, s.id AS sku_id, r.amount, r.basis_points, r.partner_id, h.name AS channel, c.name AS campaign, r.min_quantity,
       r.starts_at, r.ends_at, r.priority, r.allow_zero, coalesce(r.below, 0) AS below
FROM price_row r
JOIN sku s ON s.id = r.sku_id OR s.category_id IN (SELECT b.id FROM below b WHERE b.category_id = r.category_id)
LEFT JOIN channel h ON h.id = r.channel_id
LEFT JOIN campaign c ON c.id = r.campaign_id
WHERE (r.amount IS NULL OR r.currency = s.currency)
  AND (r.proposed_by IS NULL OR r.approved_by IS NOT NULL)
  AND (r.ends_at IS NULL OR r.ends_at > now() - interval '1 hour')
