-- A partner's own money at the portal. $1 is always its id.

-- name: portal_entries
-- The newest first, before the entry $2 (NULL: from the newest on), at most $3.
SELECT e.seq::text AS entry, e.kind, e.amount, e.balance_after, a.currency, e.order_id::text AS order_no, e.reference, e.created_at
FROM account a
CROSS JOIN LATERAL (SELECT least($2::bigint, a.last_entry + 1) AS before) AS page
CROSS JOIN LATERAL entries_between($1, page.before - $3::bigint, page.before) AS e WHERE a.partner_id = $1 ORDER BY e.seq DESC

-- name: portal_entries_of_kind
-- The same of one kind ($4), among the next 10,000 rows.
SELECT one.seq::text AS entry, one.kind, one.amount, one.balance_after, a.currency, one.order_id::text AS order_no, one.reference, one.created_at
FROM account a CROSS JOIN LATERAL (
    SELECT x.* FROM entry x
    WHERE x.partner_id = $1 AND ($2::bigint IS NULL OR x.seq - coalesce(cardinality(x.order_ids), 1) + 1 < $2)
    ORDER BY x.seq DESC LIMIT 10000) AS y
CROSS JOIN LATERAL entries_of(y) AS one
WHERE a.partner_id = $1 AND y.kind = $4 AND ($2 IS NULL OR one.seq < $2) ORDER BY one.seq DESC LIMIT $3
