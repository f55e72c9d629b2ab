-- The campaigns as the order path knows them.

-- name: campaigns
SELECT name, sku_id, starts_at, ends_at, per_buyer FROM campaign
