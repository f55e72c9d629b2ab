-- Finding and voiding codes that must not be sold; the rules of voiding are in routines_leases.sql.

-- name: batch_range
SELECT lo, imported, state FROM batch WHERE pool_id = $1 AND id = $2

-- name: batches_with
-- The batches on sale of a pool that have any of the fingerprints.
SELECT b.id, b.lo, b.imported, b.data_key FROM batch b
WHERE b.pool_id = $1 AND b.state = 'on_sale' AND b.id IN (
    SELECT f.batch_id FROM (
        SELECT encode(substring($2::bytea FROM i * 16 + 1 FOR 16), 'hex')::uuid AS fingerprint
        FROM generate_series(0, length($2::bytea) / 16 - 1) i
    ) line CROSS JOIN LATERAL (
        SELECT c.batch_id FROM code_fingerprint c
        WHERE c.fingerprint = line.fingerprint AND c.pool_id = $1 OFFSET 0
    ) f)
ORDER BY b.id

-- name: records
SELECT read_range($1, $2, $3)

-- name: void
SELECT void_codes($1, $2, $3)
