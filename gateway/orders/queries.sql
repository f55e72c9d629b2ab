-- Order reads. Every access path is an index of `orders` that starts with partner_id.

-- name: by_ids
SELECT * FROM read_orders($1, $2)

-- name: by_numbers
SELECT o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
       o.pool_id, coalesce(o.current_seqs, o.seqs) AS seqs, coalesce(o.recipient, o.account) AS account, o.metadata, o.failure,
       o.refunded, coalesce(o.replaced, 0) AS replaced, o.created_at, o.updated_at
FROM unnest($1::bigint[], $2::text[]) AS wanted (partner_id, out_order_no)
CROSS JOIN LATERAL (
    SELECT * FROM orders x WHERE x.partner_id = wanted.partner_id
    AND x.out_order_no BETWEEN wanted.out_order_no AND wanted.out_order_no ORDER BY x.out_order_no LIMIT 1) AS o

-- name: page
-- Newest first, before the id $2.
SELECT o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
       o.pool_id, coalesce(o.current_seqs, o.seqs) AS seqs, coalesce(o.recipient, o.account) AS account, o.metadata, o.failure,
       o.refunded, coalesce(o.replaced, 0) AS replaced, o.created_at, o.updated_at
FROM orders o
WHERE o.partner_id = $1::bigint AND o.id < $2::bigint ORDER BY o.id DESC LIMIT $3::integer

-- name: reach
-- The order that a look at $4 + 1 orders ends with, from before the id $2 down to $3; no row: there are fewer.
SELECT o.id FROM orders o WHERE o.partner_id = $1::bigint AND o.id < $2::bigint AND o.id >= $3::bigint
ORDER BY o.id DESC OFFSET $4::integer LIMIT 1

-- name: reach_unusual
-- The same among orders of a state that is not `delivered`: those have an index.
SELECT o.id FROM orders o WHERE o.partner_id = $1::bigint AND o.id < $2::bigint AND o.id >= $3::bigint
  AND o.state = $5::text AND o.state <> 'delivered'
ORDER BY o.state, o.id DESC OFFSET $4::integer LIMIT 1

-- name: narrowed
SELECT o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
       o.pool_id, coalesce(o.current_seqs, o.seqs) AS seqs, coalesce(o.recipient, o.account) AS account, o.metadata, o.failure,
       o.refunded, coalesce(o.replaced, 0) AS replaced, o.created_at, o.updated_at
FROM orders o
WHERE o.partner_id = $1::bigint AND o.id < $2::bigint AND o.id >= $3::bigint
  AND ($4::text IS NULL OR o.state = $4)
  AND ($5::bigint IS NULL OR o.sku_id = $5)
  AND ($6::timestamptz IS NULL OR o.created_at >= $6)
  AND ($7::timestamptz IS NULL OR o.created_at < $7)
ORDER BY o.id DESC LIMIT $8::integer

-- name: narrowed_unusual
SELECT o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
       o.pool_id, coalesce(o.current_seqs, o.seqs) AS seqs, coalesce(o.recipient, o.account) AS account, o.metadata, o.failure,
       o.refunded, coalesce(o.replaced, 0) AS replaced, o.created_at, o.updated_at
FROM orders o
WHERE o.partner_id = $1::bigint AND o.id < $2::bigint AND o.id >= $3::bigint
  AND o.state = $4::text AND o.state <> 'delivered'
  AND ($5::bigint IS NULL OR o.sku_id = $5)
  AND ($6::timestamptz IS NULL OR o.created_at >= $6)
  AND ($7::timestamptz IS NULL OR o.created_at < $7)
ORDER BY o.state, o.id DESC LIMIT $8::integer

-- name: records
SELECT c.pool_id, c.seq, int8send(c.batch_id) || c.sealed AS record
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (pool_id, seq)
CROSS JOIN LATERAL (SELECT * FROM code x WHERE x.pool_id = wanted.pool_id AND x.seq = wanted.seq LIMIT 1) AS c

-- name: record_views
SELECT record_views($1, $2::jsonb)

-- name: numbers_after
-- A chunk of a partner's order numbers in id order, for the number filter.
SELECT string_agg(chunk.out_order_no, E'\n') AS numbers, count(*) AS count, max(chunk.id) AS last_id
FROM (SELECT id, out_order_no FROM orders WHERE partner_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS chunk

-- name: last_entries
SELECT partner_id, last_entry FROM account

-- name: numbers_since
-- A chunk of a partner's order numbers in the order of their commits, for the number filter.
SELECT string_agg(o.out_order_no, E'\n') AS numbers, count(DISTINCT run.seq) AS entries, max(run.seq) AS last_seq
FROM (SELECT e.seq, coalesce(e.order_ids, ARRAY[e.order_id]) AS ids FROM entry e
      WHERE e.partner_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3) AS run
CROSS JOIN LATERAL unnest(run.ids) AS one (id)
LEFT JOIN LATERAL (SELECT x.out_order_no FROM orders x WHERE x.partner_id = $1
                   AND x.id BETWEEN one.id AND one.id ORDER BY x.id LIMIT 1) AS o ON true

-- name: data_keys
SELECT id, data_key FROM batch WHERE id = ANY ($1::bigint[]) AND data_key IS NOT NULL
