-- What operators see of codes, and what is known of all who saw one.

-- name: code_of_order
-- The place of one code of an order, by its index; seq NULL: it has no code there.
SELECT o.pool_id, (coalesce(o.current_seqs, o.seqs))[$2::integer + 1] AS seq, coalesce(cardinality(o.seqs), 0) AS codes
FROM partner p
CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $1 LIMIT 1) AS o

-- name: sealed_code
SELECT c.batch_id, c.sealed, b.data_key FROM code c JOIN batch b ON b.id = c.batch_id WHERE c.pool_id = $1 AND c.seq = $2 LIMIT 1

-- name: views_since
-- How many codes an operator saw, or searched for, since a moment; no more than $3 are counted.
SELECT count(*) FROM (SELECT FROM reveal WHERE items -> 0 ? 'operator' AND items -> 0 ->> 'operator' = $1 AND revealed_at > $2 LIMIT $3) AS r

-- name: append_view
SELECT append_reveal(NULL, $1, 'operator', $2::jsonb, sha256(convert_to($2::jsonb::text, 'UTF8'))) AS no

-- name: list_reveals
-- Each filter (actor, from, to) may be NULL; newest first, beyond the one that $4 names. $5: how many. A view is a row; which orders a
-- commit's views are of, only they know.
SELECT (r.no * 1000 + i.n)::text AS id, r.no::text AS reveal, r.revealed_at AS at, coalesce(i.item ->> 'via', r.via) AS via,
       coalesce(i.item ->> 'operator', i.item ->> 'key') AS actor, i.item ->> 'order' AS order_no, (i.item ->> 'index')::integer AS index,
       i.item ->> 'reason' AS reason, i.item ->> 'approval' AS approval
FROM reveal r
CROSS JOIN LATERAL jsonb_array_elements(coalesce(r.items, '[{}]'::jsonb)) WITH ORDINALITY AS i (item, n)
WHERE ($1::text IS NULL OR (
          (r.items @> jsonb_build_array(jsonb_build_object('operator', $1::text)) OR r.items @> jsonb_build_array(jsonb_build_object('key', $1::text)))
          AND $1::text IN (i.item ->> 'operator', i.item ->> 'key')))
  AND ($2::timestamptz IS NULL OR r.revealed_at >= $2) AND ($3::timestamptz IS NULL OR r.revealed_at < $3)
  AND ($4::text IS NULL OR (r.no <= $4::text::bigint / 1000 AND r.no * 1000 + i.n < $4::text::bigint))
ORDER BY r.no DESC, i.n DESC LIMIT $5

-- name: reveals_by
-- Of whom ($1), if they are few: by the index of what is in them, in no order, $2 at most.
SELECT x.no FROM ((SELECT r.no FROM reveal r WHERE r.items @> jsonb_build_array(jsonb_build_object('operator', $1::text)) LIMIT $2)
                  UNION (SELECT r.no FROM reveal r WHERE r.items @> jsonb_build_array(jsonb_build_object('key', $1::text)) LIMIT $2)) AS x LIMIT $2

-- name: reveals_of
-- The same as list_reveals, among those of the numbers $6.
SELECT (r.no * 1000 + i.n)::text AS id, r.no::text AS reveal, r.revealed_at AS at, coalesce(i.item ->> 'via', r.via) AS via,
       coalesce(i.item ->> 'operator', i.item ->> 'key') AS actor, i.item ->> 'order' AS order_no, (i.item ->> 'index')::integer AS index,
       i.item ->> 'reason' AS reason, i.item ->> 'approval' AS approval
FROM unnest($6::bigint[]) AS seen (no) CROSS JOIN LATERAL (SELECT * FROM reveal x WHERE x.no = seen.no LIMIT 1) AS r
CROSS JOIN LATERAL jsonb_array_elements(r.items) WITH ORDINALITY AS i (item, n)
WHERE $1::text IN (i.item ->> 'operator', i.item ->> 'key')
  AND ($2::timestamptz IS NULL OR r.revealed_at >= $2) AND ($3::timestamptz IS NULL OR r.revealed_at < $3)
  AND ($4::text IS NULL OR r.no * 1000 + i.n < $4::text::bigint)
ORDER BY r.no DESC, i.n DESC LIMIT $5

-- name: reveals_of_order
-- The same of one order ($6), found by an index: the views of its commit, which were its orders', and those since. As many as anybody reads.
SELECT (r.no * 1000 + i.n)::text AS id, r.no::text AS reveal, r.revealed_at AS at, coalesce(i.item ->> 'via', r.via) AS via,
       coalesce(i.item ->> 'operator', i.item ->> 'key', seen.partner) AS actor, $6::bigint::text AS order_no, (i.item ->> 'index')::integer AS index,
       i.item ->> 'reason' AS reason, i.item ->> 'approval' AS approval
FROM ((SELECT o.commit_no AS no, p.name AS partner FROM partner p
       CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $6::bigint LIMIT 1) AS o)
      UNION ALL (SELECT x.no, NULL FROM reveal x WHERE x.items @> jsonb_build_array(jsonb_build_object('order', $6::bigint)) LIMIT 1000)
      UNION ALL (SELECT x.no, NULL FROM reveal x WHERE x.items @> jsonb_build_array(jsonb_build_object('order', $6::bigint::text)) LIMIT 1000)) AS seen
CROSS JOIN LATERAL (SELECT * FROM reveal x WHERE x.no = seen.no LIMIT 1) AS r
CROSS JOIN LATERAL jsonb_array_elements(coalesce(r.items, '[{}]'::jsonb)) WITH ORDINALITY AS i (item, n)
WHERE (r.items IS NULL OR i.item ->> 'order' = $6::bigint::text)
  AND ($1::text IS NULL OR $1::text IN (i.item ->> 'operator', i.item ->> 'key'))
  AND ($2::timestamptz IS NULL OR r.revealed_at >= $2) AND ($3::timestamptz IS NULL OR r.revealed_at < $3)
  AND ($4::text IS NULL OR r.no * 1000 + i.n < $4::text::bigint)
ORDER BY r.no DESC, i.n DESC LIMIT $5

-- ---------------------------------------------------------------- taken along, and checked anywhere

-- name: heads
-- Read before the links, which are never shorter then.
SELECT chain, height, encode(hash, 'hex') AS hash FROM reveal_head WHERE height > 0 ORDER BY chain

-- name: links
SELECT no, chain, height, via, items::text AS items, encode(digest, 'hex') AS digest, encode(hash, 'hex') AS hash, revealed_at AS at
FROM reveal ORDER BY chain, height
