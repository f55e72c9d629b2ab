-- What people see of codes.

-- name: pool_of_codes
SELECT id FROM pool WHERE name = $1

-- name: code_stats
-- One row: where each code of the pool is. A code under a lease that ended without its holder
-- giving it back is in doubt: a last commit may still be on its way, until it is reclaimed. What
-- has expired counts as expired at once, whether or not anybody has taken it off sale yet.
WITH p AS (SELECT id, size, next_seq FROM pool WHERE name = $1),
taken AS (
    SELECT count(*) FILTER (WHERE order_id IS NOT NULL) AS delivered,
           count(*) FILTER (WHERE order_id IS NULL) AS unsaleable
    FROM allocation WHERE pool_id = (SELECT id FROM p)
), swept AS (
    SELECT count(*) AS n FROM code_void WHERE pool_id = (SELECT id FROM p) AND expired
), due AS (
    SELECT coalesce(sum((SELECT count(*) FROM code c WHERE c.pool_id = f.pool_id AND c.seq >= f.lo AND c.seq < f.hi
                         AND c.expires_at <= now())), 0)::bigint AS n
    FROM fragment f WHERE f.pool_id = (SELECT id FROM p) AND f.expires_at <= now()
), held AS (
    SELECT l.expires_at < now() AS ended, l.hi - l.lo - inside.taken - inside.due AS n, inside.due
    FROM lease l CROSS JOIN LATERAL (
        SELECT (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi) AS taken,
               CASE WHEN l.sell_until <= now() THEN (
                   SELECT count(*) FROM code c WHERE c.pool_id = l.pool_id AND c.seq >= l.lo AND c.seq < l.hi
                     AND c.expires_at <= now()
                     AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = c.pool_id AND a.seq = c.seq)) ELSE 0 END AS due
    ) AS inside
    WHERE l.pool_id = (SELECT id FROM p) AND l.state = 'active'
)
SELECT p.size AS imported, taken.delivered,
       p.size - p.next_seq + coalesce((SELECT sum(hi - lo) FROM fragment WHERE pool_id = p.id), 0)::bigint - due.n AS free,
       coalesce((SELECT sum(n) FROM held WHERE NOT ended), 0)::bigint AS leased,
       0::bigint AS held,
       coalesce((SELECT sum(n) FROM held WHERE ended), 0)::bigint AS in_doubt,
       swept.n + due.n + coalesce((SELECT sum(held.due) FROM held), 0)::bigint AS expired,
       taken.unsaleable - swept.n AS void
FROM p, taken, swept, due

-- name: list_batches
-- Of the pool $1: the batch $2, or all that are older than $3 (NULL: the newest), at most $4.
SELECT b.id::text AS batch, b.kind, b.state, b.source, b.lo, b.imported, b.duplicates, b.rejected,
       b.created_at, b.completed_at
FROM batch b WHERE b.pool_id = (SELECT id FROM pool WHERE name = $1)
  AND ($2::text IS NULL OR b.id = $2::text::bigint) AND ($3::text IS NULL OR b.id < $3::text::bigint) ORDER BY b.id DESC LIMIT $4
