-- What the portal's own pages show. $1 is always the partner of the session.

-- name: partner_money
SELECT p.name AS partner, a.balance, a.credit_limit, a.balance + a.credit_limit AS available, a.low, a.currency
FROM partner p JOIN account a ON a.partner_id = p.id WHERE p.id = $1

-- name: open_orders
-- Those that are not decided, of each state at most 10,001.
SELECT s.state, (SELECT count(*) FROM (SELECT FROM orders o WHERE o.partner_id = $1 AND o.state = s.state AND o.state <> 'delivered' LIMIT 10001) AS c) AS orders
FROM unnest(ARRAY['processing', 'uncertain']) AS s (state)

-- name: newest_orders
SELECT o.id::text AS order_no, o.out_order_no, s.sku, o.quantity, o.amount, o.currency, o.state, o.created_at
FROM (SELECT * FROM orders x WHERE x.partner_id = $1 ORDER BY x.id DESC LIMIT 10) AS o JOIN sku s ON s.id = o.sku_id ORDER BY o.id DESC

-- name: endpoint
SELECT e.url, e.disabled_at, e.disabled_why, e.failing_since,
       (SELECT count(*) FROM (SELECT FROM webhook w WHERE w.partner_id = $1 AND w.state = 'dead' LIMIT 10001) AS c) AS dead
FROM webhook_endpoint e WHERE e.partner_id = $1

-- name: usage_by_day
-- Of the newest 10,000 orders, by their UTC day, the newest first.
SELECT to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*) AS orders, sum(o.quantity)::bigint AS quantity,
       sum(o.amount)::bigint AS amount, count(*) FILTER (WHERE o.state = 'failed') AS failed, o.currency
FROM (SELECT * FROM orders x WHERE x.partner_id = $1 ORDER BY x.id DESC LIMIT 10000) AS o
GROUP BY 1, o.currency ORDER BY 1 DESC LIMIT 31

-- name: usage_by_sku
SELECT s.sku, count(*) AS orders, sum(o.quantity)::bigint AS quantity, sum(o.amount)::bigint AS amount,
       count(*) FILTER (WHERE o.state = 'failed') AS failed, o.currency
FROM (SELECT * FROM orders x WHERE x.partner_id = $1 ORDER BY x.id DESC LIMIT 10000) AS o JOIN sku s ON s.id = o.sku_id
GROUP BY s.sku, o.currency ORDER BY 4 DESC, s.sku LIMIT 100

-- name: usage_reach
-- How many orders these pages look at, and since when.
SELECT count(*) AS orders, min(o.created_at) AS since
FROM (SELECT * FROM orders x WHERE x.partner_id = $1 ORDER BY x.id DESC LIMIT 10000) AS o

-- name: team
SELECT o.name AS person, o.disabled_at IS NULL AS enabled, o.made_by, o.created_at,
       (SELECT max(s.seen_at) FROM portal_session s WHERE s.operator_id = o.id) AS seen_at
FROM operator o WHERE o.partner_id = $1 ORDER BY o.name
