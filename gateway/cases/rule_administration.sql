-- What actions and views of case rules ask.

-- name: insert_rule
-- No row: there is one of that name.
INSERT INTO case_rule (name, kind, sku_id, min_age, max_age, min_amount, max_amount, min_share, max_share, does, shadow)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: sku_by_name
SELECT s.id FROM sku s WHERE s.sku = $1

-- name: change_rule
UPDATE case_rule r SET shadow = coalesce($2, r.shadow), enabled = coalesce($3, r.enabled), updated_at = now() WHERE r.name = $1 RETURNING r.id

-- name: list_rules
-- $1 NULL: all of them, in the order they are tried.
SELECT r.name AS rule, r.kind, s.sku, r.min_age, r.max_age, r.min_amount, r.max_amount, r.min_share, r.max_share, r.does AS do, r.shadow, r.enabled,
       r.created_at, r.updated_at
FROM case_rule r LEFT JOIN sku s ON s.id = r.sku_id WHERE $1::text IS NULL OR r.name = $1 ORDER BY r.id

-- name: trace_rule
SELECT r.id::text AS id, r.name, r.kind, r.sku_id::text AS sku_id, r.min_age, r.max_age, r.min_amount, r.max_amount, r.min_share, r.max_share, r.does,
       r.shadow, r.enabled, r.created_at, r.updated_at
FROM case_rule r WHERE r.name = $1 FOR NO KEY UPDATE
