-- Staging codes: numbered and stored behind the pool's end, on sale all at once (faults 73, 74).

-- name: pool
SELECT id, size, case_insensitive, ignore_spaces,
       EXISTS (SELECT FROM batch o WHERE o.pool_id <> p.id AND o.imported > 0) AS has_neighbours
FROM pool p WHERE name = $1

-- name: now_s
SELECT floor(extract(epoch FROM now()))::bigint

-- name: lock_pool
-- One import at a time: held by the connection, so that a killed import lets go.
SELECT pg_try_advisory_lock($1, hashint8($2))

-- name: unlock_pool
SELECT pg_advisory_unlock($1, hashint8($2))

-- name: staged
-- The unfinished batch of a pool, if its numbers still continue the pool's.
SELECT b.id, b.lo, b.imported, b.duplicates, b.rejected, b.lines_done, b.data_key, b.source,
       coalesce(b.source_sha256 = $2 AND b.lo = p.size, false) AS resumable
FROM batch b JOIN pool p ON p.id = b.pool_id WHERE b.pool_id = $1 AND b.state = 'staged'

-- name: begin
INSERT INTO batch (pool_id, kind, source, source_sha256, lo)
SELECT id, $2, $3, $4, size FROM pool WHERE id = $1 AND NOT purchased
RETURNING id, lo, imported, duplicates, rejected, lines_done, data_key

-- name: set_data_key
UPDATE batch SET data_key = $2 WHERE id = $1

-- name: known_fingerprints
-- Who has which of the fingerprints: index from 0, pool, batch. LATERAL with OFFSET 0 looks each one
-- up by the index, in the index's order; any other plan reads the whole table.
SELECT line.i, f.pool_id, f.batch_id FROM (
    SELECT i, encode(substring($1::bytea FROM i * 16 + 1 FOR 16), 'hex')::uuid AS fingerprint
    FROM generate_series(0, length($1::bytea) / 16 - 1) i ORDER BY 2
) line CROSS JOIN LATERAL (
    SELECT c.pool_id, c.batch_id FROM code_fingerprint c WHERE c.fingerprint = line.fingerprint OFFSET 0
) f

-- name: advance
UPDATE batch SET imported = imported + $2, duplicates = duplicates + $3, rejected = rejected + $4,
    lines_done = $5, bytes_done = $6, expiring = expiring OR $7
WHERE id = $1 AND state = 'staged' RETURNING id

-- name: finish_batch
UPDATE batch SET state = 'on_sale', completed_at = now() WHERE id = $1 AND state = 'staged'
RETURNING pool_id, lo, imported, expiring

-- name: extend_pool
-- Its generation tells the workers; nothing is told when nothing came.
UPDATE pool SET size = size + $3, generation = generation + CASE WHEN $3 > 0 THEN 1 ELSE 0 END
WHERE id = $1 AND size = $2 RETURNING size

-- name: offer_expiring
SELECT offer_expiring($1, $2, $3)

-- name: batch
SELECT pool_id, lo FROM batch WHERE id = $1

-- name: discard_codes
DELETE FROM code WHERE pool_id = $1 AND seq >= $2 AND batch_id = $3

-- name: discard_fingerprints
DELETE FROM code_fingerprint WHERE pool_id = $1 AND batch_id = $2

-- name: discard_batch
UPDATE batch SET state = 'discarded', completed_at = now() WHERE id = $1 AND state = 'staged'

-- name: create_preview
-- What a dry run has seen: gone with the connection, and never in the write-ahead log.
CREATE TEMPORARY TABLE IF NOT EXISTS preview (fingerprint uuid PRIMARY KEY)

-- name: preview_fingerprints
-- The indices of the fingerprints that this connection was shown before; remembers the others.
WITH line AS MATERIALIZED (
    SELECT i, encode(substring($1::bytea FROM i * 16 + 1 FOR 16), 'hex')::uuid AS fingerprint
    FROM generate_series(0, length($1::bytea) / 16 - 1) i
), fresh AS (
    INSERT INTO preview (fingerprint) SELECT fingerprint FROM line
    ON CONFLICT DO NOTHING RETURNING fingerprint
)
SELECT i FROM line LEFT JOIN fresh USING (fingerprint) WHERE fresh.fingerprint IS NULL

-- name: stats
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

-- name: batches
SELECT b.id::text AS batch, b.kind, b.state, b.source, b.lo, b.imported, b.duplicates, b.rejected,
       b.created_at, b.completed_at
FROM batch b WHERE b.pool_id = $1 AND ($2::bigint IS NULL OR b.id = $2) ORDER BY b.id DESC LIMIT $3
