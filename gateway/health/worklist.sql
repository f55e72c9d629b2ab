-- What waits for a person or an upstream, for metrics. Both parts read a partial index.

-- name: waiting
-- Each up to 10,001.
SELECT (SELECT count(*) FROM (SELECT FROM orders WHERE parked IS NOT NULL LIMIT 10001) AS p) AS parked_orders,
       count(*) AS uncertain_attempts,
       coalesce(extract(epoch FROM now() - min(a.created_at)), 0)::double precision AS oldest_uncertain_s
FROM (SELECT t.created_at FROM attempt t WHERE t.next_check_at IS NOT NULL AND t.state = 'uncertain' LIMIT 10001) AS a

-- name: last_audit
-- One row always. opened_at: when the database was set up, from where on there is something to audit.
SELECT last.ok, extract(epoch FROM last.ended_at)::double precision AS ended_at,
       extract(epoch FROM opened.at)::double precision AS opened_at
FROM (SELECT min(applied_at) AS at FROM migration) AS opened
LEFT JOIN (SELECT ok, ended_at FROM audit_run ORDER BY id DESC LIMIT 1) AS last ON true

-- name: frozen
-- Operators who saw too many codes.
SELECT count(*) AS operators FROM operator WHERE frozen_at IS NOT NULL

-- name: disabled_endpoints
SELECT p.name, e.disabled_why AS why FROM webhook_endpoint e JOIN partner p ON p.id = e.partner_id
WHERE e.disabled_at IS NOT NULL

-- name: webhooks
SELECT due, later, dead, oldest_due_s FROM webhook_backlog($1)

-- name: cover
-- For how many days the codes of each pool last, where anything was sold lately.
SELECT p.name AS pool, days_of_cover(p.id, n.free + n.leased, 7) AS days
FROM pool p CROSS JOIN LATERAL pool_level(p.id) AS n
WHERE EXISTS (SELECT FROM pool_day d WHERE d.pool_id = p.id) AND sold_a_day(p.id, 7) IS NOT NULL

-- name: stock
-- Of SKUs on sale, as `for_sale` counts.
SELECT s.sku, s.low_stock, for_sale(shelf_of_sku(s.pool_id, s.sku), s.min_life_days, greatest(s.low_stock, 1)) AS for_sale
FROM sku s WHERE s.pool_id IS NOT NULL AND s.on_sale
