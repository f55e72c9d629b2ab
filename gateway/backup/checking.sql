-- After a restore: nobody of before sells, what may have been sold is kept off sale, sales are opened.

-- name: lock_restorations
-- Those that are not checked yet; one check at a time.
SELECT id FROM restoration WHERE checked_at IS NULL ORDER BY id FOR NO KEY UPDATE

-- name: pools
-- That codes are sold from.
SELECT id, name FROM pool WHERE NOT purchased ORDER BY id

-- name: end_holds
SELECT partners, holds FROM end_holds_of_pool($1)

-- name: withhold
SELECT from_seq, codes FROM withhold_codes($1)

-- name: give_back_units
SELECT give_back_hold_units($1, $2)

-- name: withheld
-- What is kept off sale, pool by pool: from which number on, and how many.
SELECT p.name AS pool, min(f.lo) AS from_seq, sum(f.hi - f.lo)::bigint AS codes
FROM shelf w JOIN fragment f ON f.shelf_id = w.id AND f.pool_id = w.pool_id JOIN pool p ON p.id = w.pool_id
WHERE w.withheld_from IS NOT NULL GROUP BY p.id ORDER BY p.name

-- name: under_way
-- Orders that upstreams had not ended at the moment the shop was restored to.
SELECT count(*) FROM attempt WHERE next_check_at IS NOT NULL AND state IN ('created', 'accepted', 'uncertain')

-- name: open_sales
UPDATE restoration SET checked_at = now() WHERE checked_at IS NULL
