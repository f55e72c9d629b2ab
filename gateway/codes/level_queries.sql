-- How much of a pool is for sale.

-- name: for_sale
-- Per pool: what no worker holds; what workers hold is counted only where that is not `enough`.
SELECT p.id AS pool_id, wanted.enough,
       f.free + CASE WHEN f.free >= wanted.enough THEN 0 ELSE (
           SELECT coalesce(sum(l.hi - l.lo - (SELECT count(*) FROM allocation a
                  WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi)), 0)
           FROM lease l WHERE l.pool_id = p.id AND l.state = 'active' AND (l.sell_until IS NULL OR l.sell_until > now())) END::bigint AS for_sale
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (pool_id, enough)
JOIN pool p ON p.id = wanted.pool_id
CROSS JOIN LATERAL (
    SELECT p.size - p.next_seq + coalesce(sum(fr.hi - fr.lo), 0)::bigint AS free
    FROM fragment fr WHERE fr.pool_id = p.id AND (fr.expires_at IS NULL OR fr.expires_at > now() + p.min_life)) AS f
