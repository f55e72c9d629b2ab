-- Holds: making them and reading them back. Every access path begins with partner_id. The state is
-- that of this moment: what is over is expired, whether or not anybody has given it back yet.

-- name: make
SELECT g.made_at, a.outcome, a.known, a.why, a.after_s, a.expires_at, a.seqs, a.records, a.refused, a.left_over
FROM hold_goods($1::bigint, $2::bigint, $3::integer, ROW ($4::integer, $5::integer, $6::integer, $7::integer, $8::integer)::hold_limits, ARRAY(
         SELECT ROW (l.*)::hold_line FROM unnest(
             $9::text::bigint[], $10::text::bigint[], $11::text::text[], $12::text::bytea[], $13::text::bigint[], $14::text::integer[],
             $15::text::bigint[], $16::text::integer[], $17::text::text[], $18::text::text[], $19::text::text[], $20::text::text[],
             $21::text::timestamptz[], $22::text::timestamptz[], $23::text::text[], $24::text::bigint[], $25::text::bigint[]) AS l),
     $26::text::bigint[], $27::text::text[], $28::text::bigint[], $29::text::integer[], $30::text::integer[]) AS g
CROSS JOIN LATERAL unnest(g.answers) WITH ORDINALITY AS a (outcome, known, why, after_s, expires_at, seqs, records, refused, left_over, n) ORDER BY a.n

-- name: by_ids
-- With the records of their codes where $3.
SELECT h.partner_id, h.id, h.out_hold_no, h.content_hash, s.sku, h.quantity, h.account, h.buyer_id, h.buyer_ip, h.details, h.amount,
       h.currency, h.state, h.state = 'held' AND h.expires_at <= now() AS is_over, h.pool_id, h.seqs, h.order_id, h.expires_at,
       h.created_at, h.updated_at,
       CASE WHEN $3::boolean AND h.state = 'held' THEN records_of(h.pool_id, h.seqs) END AS records
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (partner_id, id)
CROSS JOIN LATERAL (SELECT * FROM hold x WHERE x.partner_id = wanted.partner_id AND x.id = wanted.id LIMIT 1) AS h
JOIN sku s ON s.id = h.sku_id

-- name: id_of_number
SELECT h.id FROM hold h WHERE h.partner_id = $1 AND h.out_hold_no = $2

-- name: reach
-- The hold that a look at $3 + 1 holds ends with, from before the id $2; no row: there are fewer.
SELECT h.id FROM hold h WHERE h.partner_id = $1::bigint AND h.id < $2::bigint ORDER BY h.id DESC OFFSET $3::integer LIMIT 1

-- name: page
-- Newest first, from before the id $2 down to $3.
SELECT h.partner_id, h.id, h.out_hold_no, h.content_hash, s.sku, h.quantity, h.account, h.buyer_id, h.buyer_ip, h.details, h.amount,
       h.currency, h.state, h.state = 'held' AND h.expires_at <= now() AS is_over, h.pool_id, h.seqs, h.order_id, h.expires_at,
       h.created_at, h.updated_at, NULL::bytea[] AS records
FROM hold h JOIN sku s ON s.id = h.sku_id
WHERE h.partner_id = $1::bigint AND h.id < $2::bigint AND h.id >= $3::bigint
  AND ($4::text IS NULL OR CASE WHEN h.state = 'held' AND h.expires_at <= now() THEN 'expired' ELSE h.state END = $4)
  AND ($5::bigint IS NULL OR h.sku_id = $5)
ORDER BY h.id DESC LIMIT $6::integer

-- name: sums
-- Of those in the state $2 that have an id of $3 or more, by SKU.
SELECT s.sku, count(*) AS holds, sum(h.quantity)::bigint AS quantity, sum(h.amount)::bigint AS amount
FROM hold h JOIN sku s ON s.id = h.sku_id
WHERE h.partner_id = $1::bigint AND h.id >= $3::bigint AND ($4::bigint IS NULL OR h.sku_id = $4)
  AND CASE WHEN h.state = 'held' AND h.expires_at <= now() THEN 'expired' ELSE h.state END = $2::text
GROUP BY s.sku ORDER BY s.sku

-- name: release
SELECT release_hold($1, $2)

-- name: refuse_late
SELECT refuse_late($1, $2, $3, $4)

-- name: expire_for_units
SELECT expire_for_units()

-- name: expire_due
SELECT expire_due_holds()
