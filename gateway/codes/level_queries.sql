-- How much can be sold from a shelf.

-- name: for_sale
-- Per shelf and life of codes in days; exact below `enough`.
SELECT wanted.shelf_id, wanted.life_days, wanted.enough, for_sale(wanted.shelf_id, wanted.life_days, wanted.enough) AS for_sale
FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS wanted (shelf_id, life_days, enough)
