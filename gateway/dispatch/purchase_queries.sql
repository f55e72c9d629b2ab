-- Codes bought on demand; the rules are in routines_purchases.sql.

-- name: open_purchases
SELECT line, verdict, twin FROM open_purchases($1, $2, $3, $4)

-- name: open_pools
-- The pools, and the batch that takes today's purchases, if there is one with room. A day's codes
-- of a pool share a data key.
SELECT p.id, p.size, b.id AS batch_id, b.data_key
FROM pool p LEFT JOIN LATERAL (
    SELECT x.id, x.data_key, x.imported, x.created_at FROM batch x
    WHERE x.pool_id = p.id AND x.kind = 'purchase' ORDER BY x.id DESC LIMIT 1
) AS b ON b.created_at >= date_trunc('day', now(), 'UTC') AND b.imported < $2
WHERE p.id = ANY ($1::bigint[])

-- name: begin_batch
INSERT INTO batch (pool_id, kind, state, source, lo)
SELECT id, 'purchase', 'on_sale', 'bought ' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD'), size FROM pool WHERE id = $1
RETURNING id

-- name: set_batch_key
UPDATE batch SET data_key = $2 WHERE id = $1

-- name: keep_codes
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::uuid[])
                  AS u (attempt_id, pool_id, batch_id, seq, sealed, fingerprint)
), codes AS (
    INSERT INTO code (pool_id, seq, batch_id, sealed) SELECT pool_id, seq, batch_id, sealed FROM given
), fingerprints AS (
    INSERT INTO code_fingerprint (fingerprint, pool_id, batch_id, seq) SELECT fingerprint, pool_id, batch_id, seq FROM given
), bought AS (
    INSERT INTO bought_code (fingerprint, pool_id, seq, attempt_id) SELECT fingerprint, pool_id, seq, attempt_id FROM given
), grown AS (
    UPDATE pool p SET size = p.size + g.codes, next_seq = p.next_seq + g.codes
    FROM (SELECT pool_id, count(*) AS codes FROM given GROUP BY 1) AS g WHERE p.id = g.pool_id
)
UPDATE batch b SET imported = b.imported + g.codes
FROM (SELECT batch_id, count(*) AS codes FROM given GROUP BY 1) AS g WHERE b.id = g.batch_id

-- name: close_purchases
SELECT close_purchases($1, $2, $3, $4, $5)
