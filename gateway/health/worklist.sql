-- What waits for a person or an upstream, for metrics. Both parts read a partial index.

-- name: waiting
SELECT (SELECT count(*) FROM orders WHERE parked IS NOT NULL) AS parked_orders,
       count(*) AS uncertain_attempts,
       coalesce(extract(epoch FROM now() - min(a.created_at)), 0)::double precision AS oldest_uncertain_s
FROM attempt a WHERE a.next_check_at IS NOT NULL AND a.state = 'uncertain'

-- name: last_audit
-- One row always. opened_at: when the database was set up, from where on there is something to audit.
SELECT last.ok, extract(epoch FROM last.ended_at)::double precision AS ended_at,
       extract(epoch FROM opened.at)::double precision AS opened_at
FROM (SELECT min(applied_at) AS at FROM migration) AS opened
LEFT JOIN (SELECT ok, ended_at FROM audit_run ORDER BY id DESC LIMIT 1) AS last ON true

-- name: disabled_endpoints
SELECT p.name, e.disabled_why AS why FROM webhook_endpoint e JOIN partner p ON p.id = e.partner_id
WHERE e.disabled_at IS NOT NULL

-- name: webhooks
SELECT due, later, dead, oldest_due_s FROM webhook_backlog($1)

-- name: stock
-- Of SKUs on sale, like for_sale of stock_levels: leases are looked into where little else is left.
SELECT s.sku, s.low_stock, f.free + CASE WHEN f.free >= greatest(s.low_stock, 1) THEN 0 ELSE (
           SELECT coalesce(sum(l.hi - l.lo - (SELECT count(*) FROM allocation a
                  WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi)), 0)
           FROM lease l WHERE l.pool_id = p.id AND l.state = 'active' AND (l.sell_until IS NULL OR l.sell_until > now())) END::bigint AS for_sale
FROM sku s JOIN pool p ON p.id = s.pool_id
CROSS JOIN LATERAL (
    SELECT p.size - p.next_seq + coalesce(sum(fr.hi - fr.lo), 0)::bigint AS free
    FROM fragment fr WHERE fr.pool_id = p.id AND (fr.expires_at IS NULL OR fr.expires_at > now() + p.min_life)) AS f
WHERE s.on_sale
