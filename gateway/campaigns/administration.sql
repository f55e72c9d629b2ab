-- What people do with campaigns.

-- name: insert_campaign
-- No row: the name is taken.
INSERT INTO campaign (name, sku_id, starts_at, ends_at, per_buyer) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_campaigns
SELECT c.name AS campaign, s.sku, c.starts_at, c.ends_at, c.per_buyer,
       CASE WHEN now() < c.starts_at THEN 'coming' WHEN now() < c.ends_at THEN 'open' ELSE 'over' END AS state
FROM campaign c JOIN sku s ON s.id = c.sku_id ORDER BY c.starts_at DESC, c.name
