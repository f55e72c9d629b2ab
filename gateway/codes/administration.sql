-- What people see of codes.

-- name: pool_of_codes
SELECT id FROM pool WHERE name = $1

-- name: code_stats
-- One row: where each code of the pool is, on whichever shelf.
SELECT sum(n.codes)::bigint AS imported, sum(n.delivered)::bigint AS delivered, sum(n.free)::bigint AS free,
       sum(n.leased)::bigint AS leased, sum(n.held)::bigint AS held, sum(n.in_doubt)::bigint AS in_doubt,
       sum(n.expired)::bigint AS expired, sum(n.void)::bigint AS void
FROM pool p CROSS JOIN LATERAL shelf_levels(p.id) AS n WHERE p.name = $1 GROUP BY p.id

-- name: list_batches
-- Of the pool $1 (NULL: of all): the batch $2, or all that are older than $3 (NULL: the newest), at most $4.
SELECT b.id::text AS batch, p.name AS pool, b.kind, b.state, b.source, b.lo, b.imported, b.duplicates, b.rejected,
       b.created_at, b.completed_at
FROM batch b JOIN pool p ON p.id = b.pool_id WHERE ($1::text IS NULL OR b.pool_id = (SELECT id FROM pool WHERE name = $1))
  AND ($2::text IS NULL OR b.id = $2::text::bigint) AND ($3::text IS NULL OR b.id < $3::text::bigint) ORDER BY b.id DESC LIMIT $4

-- name: trace_batch
SELECT id::text AS id, pool_id::text AS pool_id, kind, state, source, lo, imported, duplicates, rejected, lines_done, bytes_done,
       created_at, completed_at, expiring
FROM batch WHERE id = $1

-- name: release_codes
SELECT released, withheld FROM release_codes($1, $2)
