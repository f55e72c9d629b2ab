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
