-- What a partner's own people see of its orders, and do with them. $1 is always their partner.

-- name: portal_orders
-- Each filter may be NULL; newest first, older than the order $5 (NULL: from the newest on); of the delivered, and of a SKU ($3),
-- among the next 10,000. $4: their number.
SELECT o.id::text AS order_no, o.out_order_no, s.sku, o.quantity, o.delivered_quantity, o.amount, o.currency, o.state, o.created_at
FROM (
    (SELECT * FROM orders o WHERE o.partner_id = $1 AND $2::text IS NULL AND $4::text IS NULL
       AND o.id < coalesce($5::text::bigint, 9223372036854775807)
     ORDER BY o.id DESC LIMIT CASE WHEN $3::text IS NULL THEN $6 ELSE 10000 END)
    UNION ALL  -- by the index of states that few have
    (SELECT * FROM orders o WHERE o.partner_id = $1 AND $4 IS NULL AND o.state = $2 AND o.state <> 'delivered'
       AND o.id < coalesce($5::text::bigint, 9223372036854775807)
     ORDER BY o.state, o.id DESC LIMIT CASE WHEN $3 IS NULL THEN $6 ELSE 10000 END)
    UNION ALL
    (SELECT * FROM (SELECT * FROM orders x WHERE x.partner_id = $1 AND $4 IS NULL AND $2 = 'delivered'
       AND x.id < coalesce($5::text::bigint, 9223372036854775807) ORDER BY x.id DESC LIMIT 10000) AS o
     WHERE o.state = 'delivered' ORDER BY o.id DESC LIMIT CASE WHEN $3 IS NULL THEN $6 ELSE 10000 END)
    UNION ALL
    (SELECT * FROM orders o WHERE o.partner_id = $1 AND o.out_order_no = $4 AND ($2 IS NULL OR o.state = $2)
       AND o.id < coalesce($5::text::bigint, 9223372036854775807) LIMIT 1)) AS o
JOIN sku s ON s.id = o.sku_id
WHERE $3 IS NULL OR s.sku = $3 ORDER BY o.id DESC LIMIT $6

-- name: portal_order
SELECT o.id::text AS order_no, o.out_order_no, s.sku, o.quantity, o.delivered_quantity, o.amount, o.refunded AS refunded_amount,
       o.currency, o.state, coalesce(o.recipient, o.account) AS account, o.failure, o.metadata, coalesce(o.replaced, 0) AS replaced,
       o.created_at, o.updated_at
FROM orders o JOIN sku s ON s.id = o.sku_id WHERE o.partner_id = $1 AND o.id = $2

-- name: portal_order_webhooks
SELECT w.id::text AS id, w.type, w.sequence, w.state, w.attempts, w.last_status, w.next_attempt_at, w.created_at
FROM (SELECT * FROM webhook x WHERE x.order_id = $2 ORDER BY x.order_id LIMIT 1000) AS w WHERE w.partner_id = $1 ORDER BY w.sequence

-- name: portal_order_cases
SELECT c.id::text AS case_no, c.kind, c.state, c.outcome, c.reason, c.refunded AS refunded_amount, c.replaced, c.created_at, c.updated_at
FROM service_case c WHERE c.partner_id = $1 AND c.order_id = $2 ORDER BY c.id LIMIT 1000

-- name: portal_owns_order
SELECT o.id FROM orders o WHERE o.partner_id = $1 AND o.id = $2
