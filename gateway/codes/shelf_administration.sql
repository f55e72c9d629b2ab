-- What people do with shelves.

-- name: pool_to_divide
SELECT id, purchased, coalesce($2::timestamptz <= now(), false) AS over FROM pool WHERE name = $1

-- name: sku_of_pool
-- Whether a SKU is sold from the pool; no row: there is no such SKU.
SELECT coalesce(pool_id = $2, false) AS here FROM sku WHERE sku = $1

-- name: channel_named
SELECT id FROM channel WHERE name = $1

-- name: end_of_campaign
-- No row: there is none of that name.
SELECT least(ends_at, ended_at) AS ends_at, least(ends_at, ended_at) <= now() AS over FROM campaign WHERE name = $1

-- name: lock_shelves
-- All shelves of a pool, under the lock that every change of what is free holds.
SELECT s.id, s.name, s.sku, s.channel, s.campaign, s.closed_at, s.withheld_from FROM shelf s
WHERE s.pool_id = (SELECT p.id FROM pool p WHERE p.id = $1 FOR NO KEY UPDATE)

-- name: put_up_shelf
-- Makes a shelf, or opens a closed one again; what was sold from it before still counts on it.
INSERT INTO shelf AS s (pool_id, name, sku, channel, campaign, borrows, reserve, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (pool_id, name) DO UPDATE SET sku = excluded.sku, channel = excluded.channel, campaign = excluded.campaign,
    borrows = excluded.borrows, reserve = excluded.reserve, ends_at = excluded.ends_at, closed_at = NULL
WHERE s.closed_at IS NOT NULL RETURNING id

-- name: move_codes
SELECT moved, most FROM move_codes($1, $2, $3)

-- name: close_shelf
SELECT close_shelf($1) AS returned

-- name: end_shelves_of_campaign
-- $2 is when they close by themselves from now on.
UPDATE shelf SET ends_at = $2 WHERE campaign = $1 AND closed_at IS NULL RETURNING id

-- name: close_shelves_of_campaign
SELECT coalesce(sum(close_shelf(s.id)), 0)::bigint AS returned FROM (
    SELECT id FROM shelf WHERE campaign = $1 AND closed_at IS NULL ORDER BY pool_id, id) AS s

-- name: list_shelves
SELECT s.name AS shelf, n.codes, n.free, n.leased, n.held, n.in_doubt, n.delivered, n.void, n.expired, s.lent, s.borrowed,
       s.sku, s.channel, s.campaign, s.borrows AS borrow, s.reserve, s.ends_at AS until, s.closed_at
FROM pool p CROSS JOIN LATERAL shelf_levels(p.id) AS n JOIN shelf s ON s.id = n.shelf_id
WHERE p.name = $1 ORDER BY s.id <> p.id, s.created_at, s.id

-- name: trace_shelf
-- The pool's lock first, as whoever lends or moves codes takes it. What is lent and borrowed orders change, too.
SELECT s.id::text AS id, s.pool_id::text AS pool_id, s.name, s.sku, s.channel, s.campaign, s.borrows, s.reserve, s.ends_at,
       s.withheld_from::text AS withheld_from, s.closed_at, s.created_at
FROM shelf s WHERE s.pool_id = (SELECT p.id FROM pool p WHERE p.name = $1 FOR NO KEY UPDATE) AND s.name = $2
FOR NO KEY UPDATE OF s
