-- What people do with categories.

-- name: insert_category
-- No row: the name is taken.
INSERT INTO category (name, parent_id) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: category_by_name
SELECT id FROM category WHERE name = $1

-- name: hold_categories
-- Nobody else moves one until the end of this transaction; the lock of the trigger category_tree.
SELECT pg_advisory_xact_lock(x'51434154'::integer)

-- name: category_below
-- A row if the category $1 is $2 or lies below it.
WITH RECURSIVE above (id) AS (
    SELECT $1::bigint UNION SELECT c.parent_id FROM category c JOIN above a ON a.id = c.id)
SELECT id FROM above WHERE id = $2

-- name: move_category
UPDATE category SET parent_id = $2 WHERE id = $1 RETURNING id

-- name: list_categories
WITH RECURSIVE below AS (
    SELECT id, name, NULL::text AS parent, name AS path FROM category WHERE parent_id IS NULL
    UNION ALL SELECT c.id, c.name, b.name, b.path || '/' || c.name FROM category c JOIN below b ON c.parent_id = b.id)
SELECT b.name AS category, b.parent, b.path, (SELECT count(*) FROM sku s WHERE s.category_id = b.id) AS skus
FROM below b ORDER BY b.name

-- name: trace_category
SELECT id::text AS id, name, parent_id::text AS parent_id, created_at FROM category WHERE name = $1 FOR NO KEY UPDATE
