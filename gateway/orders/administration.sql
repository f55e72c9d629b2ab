-- What its actions and views ask.

-- name: list_orders
-- Each filter may be NULL; newest first, older than the order $4 (NULL: from the newest on). Per partner, so that
-- an index gives the newest ones; of the delivered, and of a SKU ($6), among each partner's next 10,000. $7: their number.
SELECT o.id::text AS order_no, o.out_order_no, p.name AS partner, s.sku, o.quantity, o.amount, o.state, o.parked, o.created_at
FROM partner p
CROSS JOIN LATERAL (
    (SELECT * FROM orders o WHERE NOT $3::boolean AND $2::text IS NULL AND $7::text IS NULL AND o.partner_id = p.id
       AND o.id < coalesce($4::text::bigint, 9223372036854775807)
     ORDER BY o.id DESC LIMIT CASE WHEN $6::text IS NULL THEN $5 ELSE 10000 END)
    UNION ALL  -- by the index of states that few have
    (SELECT * FROM orders o WHERE NOT $3 AND $7 IS NULL AND o.partner_id = p.id AND o.state = $2 AND o.state <> 'delivered'
       AND o.id < coalesce($4::text::bigint, 9223372036854775807)
     ORDER BY o.state, o.id DESC LIMIT CASE WHEN $6 IS NULL THEN $5 ELSE 10000 END)
    UNION ALL
    (SELECT * FROM (SELECT * FROM orders x WHERE NOT $3 AND $7 IS NULL AND $2 = 'delivered' AND x.partner_id = p.id
       AND x.id < coalesce($4::text::bigint, 9223372036854775807) ORDER BY x.id DESC LIMIT 10000) AS o
     WHERE o.state = 'delivered' ORDER BY o.id DESC LIMIT CASE WHEN $6 IS NULL THEN $5 ELSE 10000 END)
    UNION ALL
    (SELECT * FROM orders o WHERE o.partner_id = p.id AND o.out_order_no = $7 AND ($2 IS NULL OR o.state = $2)
       AND (NOT $3 OR o.parked IS NOT NULL) AND o.id < coalesce($4::text::bigint, 9223372036854775807) LIMIT 1)) AS o
JOIN sku s ON s.id = o.sku_id
WHERE ($1::text IS NULL OR p.name = $1) AND ($6 IS NULL OR s.sku = $6) ORDER BY o.id DESC LIMIT $5

-- name: list_parked
-- The same of those that wait for a person, which one index has in this order, whosever they are: with list_orders' values.
SELECT o.id::text AS order_no, o.out_order_no, p.name AS partner, s.sku, o.quantity, o.amount, o.state, o.parked, o.created_at
FROM orders o JOIN partner p ON p.id = o.partner_id JOIN sku s ON s.id = o.sku_id
WHERE $3::boolean AND o.parked IS NOT NULL AND ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR o.state = $2) AND ($6::text IS NULL OR s.sku = $6)
  AND ($7::text IS NULL OR o.out_order_no = $7) AND o.id < coalesce($4::text::bigint, 9223372036854775807) ORDER BY o.id DESC LIMIT $5

-- name: order_owner
SELECT o.partner_id, o.state, o.parked, o.account IS NULL AS delivers_codes, o.failure::jsonb ->> 'code' AS failure_code,
       EXISTS (SELECT FROM attempt a WHERE a.partner_id = o.partner_id AND a.order_id = o.id) AS from_upstream,
       p.name AS partner, s.sku, o.quantity, o.currency, o.amount - o.refunded AS kept
FROM partner p
CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.partner_id = p.id AND o.id = $1 LIMIT 1) AS o
JOIN sku s ON s.id = o.sku_id

-- name: insert_resolution
-- $7 NULL: decided alone, for want of a second person.
INSERT INTO resolution (partner_id, order_id, verdict, reason, requested_by, requested_from, approved_by, approved_from, outcome, approved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now()) RETURNING id

-- name: resolve_order
SELECT resolve_order($1, $2, $3, $4) AS outcome

-- ---------------------------------------------------------------- for the log of changes

-- name: trace_order
SELECT o.partner_id::text AS partner_id, o.id::text AS id, o.out_order_no, o.sku_id::text AS sku_id, o.quantity, o.amount, o.currency, o.state,
       o.delivered_quantity, o.pool_id::text AS pool_id, o.failure, o.last_event, o.parked, o.refunded, o.replaced, o.returned, o.created_at, o.updated_at
FROM partner p
CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $1 LIMIT 1) AS o

-- name: trace_attempt
-- The newest attempt of an order. Whoever moves an order locks it first, so the order is looked at after it.
SELECT id::text AS id, partner_id::text AS partner_id, order_id::text AS order_id, upstream_id::text AS upstream_id, product_id, quantity,
       cost_max, face_value, state, upstream_no, cost, delivered_quantity, code, queries, not_found, next_check_at, created_at, sent_at,
       updated_at, sends, line, purpose
FROM attempt WHERE order_id = $1 ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE

-- name: trace_resolution
-- The newest decision about an order.
SELECT id::text AS id, partner_id::text AS partner_id, order_id::text AS order_id, verdict, reason, requested_by, requested_at,
       requested_from, approved_by, approved_at, approved_from, outcome
FROM resolution WHERE order_id = $1 ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE

-- name: cancel_order
SELECT coalesce(bool_or(cancel_order(a.partner_id, a.order_id, a.id)), false) AS cancelled
FROM attempt a WHERE a.partner_id = $1 AND a.order_id = $2 AND a.state = 'created'
