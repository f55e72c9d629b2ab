-- What operators see of entries; for people only.

-- name: list_entries
-- Partner by partner in the order of their names, of each the newest first, beyond the entry $3 of the partner $2 (NULL: from
-- the beginning), at most $4; of the partner $1 alone (NULL: of all).
SELECT p.name || ':' || e.seq AS entry, p.name AS partner, e.kind, e.amount, e.balance_after, e.order_id::text AS order_no,
       e.reference, e.created_at
FROM partner p JOIN account a ON a.partner_id = p.id
CROSS JOIN LATERAL (SELECT least(CASE WHEN p.name = $2 THEN $3::bigint END, a.last_entry + 1) AS before) AS page
CROSS JOIN LATERAL (SELECT * FROM entries_between(p.id, page.before - $4::bigint, page.before) AS x ORDER BY x.seq DESC) AS e
WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR p.name >= $2) ORDER BY p.name, e.seq DESC LIMIT $4

-- name: entries_of_kind
-- The same of one kind ($5), among each partner's next 10,000 rows.
SELECT p.name || ':' || e.seq AS entry, p.name AS partner, e.kind, e.amount, e.balance_after, e.order_id::text AS order_no,
       e.reference, e.created_at
FROM partner p CROSS JOIN LATERAL (
    SELECT one.* FROM (
        SELECT x.* FROM entry x WHERE x.partner_id = p.id
          AND (p.name IS DISTINCT FROM $2 OR x.seq - coalesce(cardinality(x.order_ids), 1) + 1 < $3::bigint)
        ORDER BY x.seq DESC LIMIT 10000) AS y
    CROSS JOIN LATERAL entries_of(y) AS one
    WHERE y.kind = $5 AND (p.name IS DISTINCT FROM $2 OR one.seq < $3) ORDER BY one.seq DESC LIMIT $4) AS e
WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR p.name >= $2) ORDER BY p.name, e.seq DESC LIMIT $4
