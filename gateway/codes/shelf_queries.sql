-- The shelves as the order path knows them.

-- name: shelves
SELECT s.id, s.pool_id, p.name AS pool, s.name, s.sku, s.channel, s.campaign, s.ends_at
FROM shelf s JOIN pool p ON p.id = s.pool_id WHERE s.closed_at IS NULL AND s.withheld_from IS NULL
