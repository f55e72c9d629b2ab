-- Where a number leads: each statement is a look by an index, and gives at most so many rows as anybody reads.

-- name: order_by_no
SELECT 'order' AS noun, o.id::text AS name, p.name || ' ' || o.out_order_no || ' ' || o.state AS label
FROM partner p CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.id = $1 LIMIT 1) AS o

-- name: order_by_out_no
SELECT 'order' AS noun, o.id::text AS name, p.name || ' ' || o.out_order_no || ' ' || o.state AS label
FROM partner p CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = p.id AND x.out_order_no = $1 LIMIT 1) AS o
ORDER BY o.id DESC LIMIT 20

-- name: order_by_recipient
SELECT 'order' AS noun, o.id::text AS name, p.name || ' ' || o.out_order_no || ' ' || o.state AS label
FROM (SELECT * FROM orders x WHERE x.account = $1 ORDER BY x.account DESC, x.id DESC LIMIT 20) AS o JOIN partner p ON p.id = o.partner_id

-- name: attempt_by_no
SELECT n.noun, CASE n.noun WHEN 'order' THEN a.order_id ELSE a.id END::text AS name, u.name || ' ' || a.product_id || ' ' || a.state AS label
FROM (SELECT * FROM attempt x WHERE x.id = $1 LIMIT 1) AS a JOIN upstream u ON u.id = a.upstream_id
CROSS JOIN unnest(ARRAY['order', 'attempt']) AS n (noun)

-- name: attempt_by_upstream_no
SELECT n.noun, CASE n.noun WHEN 'order' THEN a.order_id ELSE a.id END::text AS name, u.name || ' ' || a.product_id || ' ' || a.state AS label
FROM (SELECT * FROM attempt x WHERE x.upstream_no = $1 ORDER BY x.upstream_no DESC, x.id DESC LIMIT 20) AS a
JOIN upstream u ON u.id = a.upstream_id CROSS JOIN unnest(ARRAY['order', 'attempt']) AS n (noun)

-- name: webhook_by_id
SELECT n.noun, CASE n.noun WHEN 'order' THEN w.order_id ELSE w.id END::text AS name, p.name || ' ' || w.type || ' ' || w.state AS label
FROM (SELECT * FROM webhook x WHERE x.id = $1 LIMIT 1) AS w JOIN partner p ON p.id = w.partner_id
CROSS JOIN unnest(ARRAY['order', 'webhook']) AS n (noun) WHERE n.noun = 'webhook' OR w.order_id IS NOT NULL

-- name: case_by_no
SELECT 'case' AS noun, c.id::text AS name, p.name || ' ' || c.out_case_no || ' ' || c.state AS label
FROM (SELECT * FROM service_case x WHERE x.id = $1 LIMIT 1) AS c JOIN partner p ON p.id = c.partner_id

-- name: case_by_out_no
SELECT 'case' AS noun, c.id::text AS name, p.name || ' ' || c.out_case_no || ' ' || c.state AS label
FROM partner p CROSS JOIN LATERAL (SELECT * FROM service_case x WHERE x.partner_id = p.id AND x.out_case_no = $1 LIMIT 1) AS c
ORDER BY c.id DESC LIMIT 20

-- name: key_by_id
SELECT 'key' AS noun, k.key_id AS name, p.name AS label FROM api_key k JOIN partner p ON p.id = k.partner_id WHERE k.key_id = $1

-- name: batch_by_id
SELECT 'batch' AS noun, b.id::text AS name, p.name || ' ' || b.kind || ' ' || b.state AS label
FROM batch b JOIN pool p ON p.id = b.pool_id WHERE b.id = $1

-- name: operator_by_name
SELECT 'operator' AS noun, o.name, o.person AS label FROM operator o WHERE o.name = $1

-- name: token_by_id
-- A token stands with whose it is.
SELECT 'operator' AS noun, o.name, t.label FROM token t JOIN operator o ON o.id = t.operator_id WHERE t.token_id = $1

-- name: change_by_trace
-- What an operator did in that request; an order it was about, first.
SELECT n.noun, CASE n.noun WHEN 'order' THEN c.subject ELSE c.id::text END AS name, c.action || ' by ' || c.actor AS label
FROM ((SELECT * FROM change x WHERE x.how ->> 'request_id' = $1 ORDER BY x.how ->> 'request_id' DESC, x.id DESC LIMIT 20)
      UNION ALL
      (SELECT * FROM change x WHERE x.how ->> 'trace_id' = $1 ORDER BY x.how ->> 'trace_id' DESC, x.id DESC LIMIT 20)) AS c
CROSS JOIN unnest(ARRAY['order', 'change']) AS n (noun) WHERE n.noun = 'change' OR c.action LIKE 'order.%'

-- name: by_name
-- What is sold and to whom has names of its own.
SELECT 'partner' AS noun, p.name, p.name AS label FROM partner p WHERE p.name = $1
UNION ALL SELECT 'sku', s.sku, s.name FROM sku s WHERE s.sku = $1
UNION ALL SELECT 'pool', p.name, p.name FROM pool p WHERE p.name = $1
UNION ALL SELECT 'upstream', u.name, u.connector FROM upstream u WHERE u.name = $1
UNION ALL SELECT 'campaign', c.name, c.name FROM campaign c WHERE c.name = $1
UNION ALL SELECT 'channel', c.name, c.adapter FROM channel c WHERE c.name = $1

-- name: code_by_fingerprint
-- Where a code is: its number (NULL: it came before numbers were kept here), its batch, the order that has it.
SELECT f.fingerprint, pl.name AS pool, pl.case_insensitive, pl.ignore_spaces, f.batch_id::text AS batch, f.seq,
       a.order_id::text AS order_no
FROM unnest($1::uuid[]) AS given (fingerprint)
CROSS JOIN LATERAL (SELECT * FROM code_fingerprint x WHERE x.fingerprint = given.fingerprint LIMIT 20) AS f
JOIN pool pl ON pl.id = f.pool_id JOIN batch b ON b.id = f.batch_id AND b.state = 'on_sale'
LEFT JOIN LATERAL (SELECT x.order_id FROM allocation x WHERE x.pool_id = f.pool_id AND x.seq = f.seq LIMIT 1) AS a ON true

-- name: is_frozen
-- Who may see no code until somebody else lifts it.
SELECT frozen_at IS NOT NULL AS frozen FROM operator WHERE name = $1

-- name: record_view
SELECT record_views($1, $2::jsonb)
