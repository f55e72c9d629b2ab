-- An order's whole life: everything that is kept about one number. Asked by people, answered by indexes.

-- name: show_order
-- Orders are keyed by partner first: one look per partner, instead of one over all orders.
SELECT o.id::text AS order_no, o.out_order_no, p.name AS partner, s.sku, o.quantity, o.delivered_quantity, o.amount, o.refunded,
       o.currency, o.state, o.account, o.failure, o.parked, o.metadata, o.details, pl.name AS pool, o.created_at, o.updated_at,
       o.partner_id, o.commit_no
FROM partner p CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.partner_id = p.id AND o.id = $1 LIMIT 1) AS o
JOIN sku s ON s.id = o.sku_id LEFT JOIN pool pl ON pl.id = o.pool_id

-- name: order_attempts
SELECT a.id::text AS attempt_no, u.name AS upstream, a.product_id, a.state, a.upstream_no, a.cost, a.delivered_quantity,
       a.code, a.message, a.queries, a.next_check_at, a.created_at, a.sent_at, a.updated_at
FROM (SELECT * FROM attempt x WHERE x.order_id = $1 ORDER BY x.order_id LIMIT 1000) AS a  -- by the index of orders
JOIN upstream u ON u.id = a.upstream_id ORDER BY a.id

-- name: order_callbacks
-- By the key that keeps each once; from before there was one, none are found. At most so many as anybody reads.
SELECT c.id::text AS id, u.name AS upstream, a.id::text AS attempt_no, c.verdict, c.hint, encode(c.digest, 'hex') AS digest, c.size,
       c.times, c.received_at, c.last_at
FROM (SELECT * FROM attempt x WHERE x.order_id = $1 ORDER BY x.order_id LIMIT 1000) AS a
JOIN upstream u ON u.id = a.upstream_id
CROSS JOIN LATERAL (SELECT * FROM callback k WHERE k.upstream_id = a.upstream_id AND coalesce(k.attempt_id, 0) = a.id
                      AND k.digest IS NOT NULL ORDER BY k.upstream_id, coalesce(k.attempt_id, 0) LIMIT 1000) AS c
ORDER BY c.id

-- name: order_entries
-- Of the order $1 of the partner $2, accepted at $3. Its charge was made in the commit that made it, perhaps in a run of
-- others': it is looked for by halving (numbers and times grow together, but for what waited for the account), around then.
WITH RECURSIVE halved (moment, lo, hi) AS (
    SELECT b.moment, 1::bigint, a.last_entry + 1
    FROM account a CROSS JOIN unnest(ARRAY[$3::timestamptz - interval '30 seconds', $3 + interval '30 seconds']) AS b (moment)
    WHERE a.partner_id = $2
    UNION ALL
    SELECT h.moment, CASE WHEN e.created_at < h.moment THEN m.middle + 1 ELSE h.lo END,
           CASE WHEN e.created_at < h.moment THEN h.hi ELSE m.middle END
    FROM halved h
    CROSS JOIN LATERAL (SELECT (h.lo + h.hi) / 2 AS middle) AS m
    CROSS JOIN LATERAL (SELECT x.created_at FROM entry x WHERE x.partner_id = $2 AND x.seq >= m.middle ORDER BY x.seq LIMIT 1) AS e
    WHERE h.lo < h.hi
), span AS MATERIALIZED (SELECT min(lo) AS lo, max(lo) AS hi FROM halved WHERE lo >= hi
), charge AS (
    SELECT one.* FROM span CROSS JOIN LATERAL (
        SELECT x.* FROM entry x WHERE x.partner_id = $2 AND x.seq >= span.lo
          AND x.seq <= coalesce((SELECT e.seq FROM entry e WHERE e.partner_id = $2 AND e.seq >= span.hi ORDER BY e.seq LIMIT 1), span.hi)
          AND x.kind = 'charge' AND (x.order_id = $1 OR x.order_ids @> ARRAY[$1::bigint]) ORDER BY x.seq LIMIT 1) AS e
    CROSS JOIN LATERAL entries_of(e) AS one WHERE one.order_id = $1)
SELECT c.seq::text AS id, c.kind, c.amount, c.balance_after, c.reference, c.created_at FROM charge c
UNION ALL
(SELECT x.seq::text, x.kind, x.amount, x.balance_after, x.reference, x.created_at FROM entry x
 WHERE x.partner_id = $2 AND x.order_id = $1 AND x.kind <> 'charge'
 ORDER BY x.order_id, x.seq LIMIT 1000)

-- name: order_webhooks
SELECT w.id::text AS id, w.type, w.sequence, w.state, w.attempts, w.last_status, w.last_error, w.next_attempt_at, w.created_at
FROM (SELECT * FROM webhook x WHERE x.order_id = $1 ORDER BY x.order_id LIMIT 1000) AS w ORDER BY w.sequence

-- name: order_resolutions
SELECT verdict, reason, requested_by, requested_from, requested_at, approved_by, approved_from, approved_at, outcome
FROM resolution WHERE partner_id = $1 AND order_id = $2 ORDER BY id

-- name: order_cases
SELECT c.id::text AS case_no, c.kind, c.state, c.outcome, c.reason, CASE c.opened_by WHEN 'partner' THEN p.name ELSE c.opened_by END AS actor,
       c.refunded AS refunded_amount, c.replaced, c.assigned_to, c.decided_by, c.decided_at, c.created_at, c.updated_at
FROM service_case c JOIN partner p ON p.id = c.partner_id WHERE c.partner_id = $1 AND c.order_id = $2 ORDER BY c.id LIMIT 1000

-- name: order_changes
-- What operators did with it, in order; as many as anybody reads.
SELECT c.id::text AS id, c.at, c.actor, c.action, c.reason, coalesce(c.how ->> 'via', 'cli') AS via
FROM change c WHERE c.subject = $1 AND starts_with(c.action, 'order.') ORDER BY c.id LIMIT 1000

-- name: order_reveals
-- Who saw its codes: with the commit ($2) whoever ordered ($3), later a partner by key, an operator, a search. As many as anybody reads.
SELECT (r.no * 1000 + i.n)::text AS id, r.no::text AS reveal, coalesce(i.item ->> 'via', r.via) AS via, coalesce(i.item ->> 'operator', i.item ->> 'key', $3::text) AS actor,
       (i.item ->> 'index')::integer AS index, i.item ->> 'reason' AS reason, i.item ->> 'approval' AS approval, r.revealed_at AS at
FROM (SELECT $2::bigint AS no
      UNION (SELECT x.no FROM reveal x WHERE x.items @> jsonb_build_array(jsonb_build_object('order', $1::bigint)) LIMIT 1000)
      UNION (SELECT x.no FROM reveal x WHERE x.items @> jsonb_build_array(jsonb_build_object('order', $1::bigint::text)) LIMIT 1000)) AS seen
CROSS JOIN LATERAL (SELECT * FROM reveal x WHERE x.no = seen.no LIMIT 1) AS r
CROSS JOIN LATERAL jsonb_array_elements(coalesce(r.items, '[{}]'::jsonb)) WITH ORDINALITY AS i (item, n)
WHERE r.items IS NULL OR i.item ->> 'order' = $1::bigint::text ORDER BY r.no LIMIT 1000

-- name: order_pieces
-- Its codes by their places: whether it took another one's place or is struck out.
SELECT (c.n - 1)::integer AS index, c.seq <> o.seqs[c.n::integer] AS is_other, v.seq IS NOT NULL AS is_void
FROM orders o CROSS JOIN LATERAL unnest(coalesce(o.current_seqs, o.seqs)) WITH ORDINALITY AS c (seq, n)
LEFT JOIN code_void v ON v.pool_id = o.pool_id AND v.seq = c.seq
WHERE o.partner_id = (SELECT p.id FROM partner p WHERE p.name = $1) AND o.id = $2 ORDER BY c.n LIMIT 500
