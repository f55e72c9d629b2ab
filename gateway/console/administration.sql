-- What the overview shows. Each statement reads an index's first entries, or what is as small as the
-- shop's own settings are; counts stop at 10,001.

-- name: accounts
SELECT a.currency, count(*) AS accounts, sum(a.balance)::bigint AS balance,
       count(*) FILTER (WHERE a.balance <= 0) AS empty
FROM account a GROUP BY a.currency ORDER BY a.currency

-- name: open_orders
-- Orders whose end is not known yet, and those that wait for a person.
SELECT s.state, least(sum(c.orders), 10001)::bigint AS orders
FROM unnest(ARRAY['processing', 'uncertain']) AS s (state) CROSS JOIN partner p CROSS JOIN LATERAL (
    SELECT count(*) AS orders FROM (
        SELECT FROM orders o WHERE o.partner_id = p.id AND o.state = s.state AND o.state <> 'delivered' LIMIT 10001) AS x) AS c
GROUP BY s.state
UNION ALL
SELECT 'parked', count(*) FROM (SELECT FROM orders o WHERE o.parked IS NOT NULL ORDER BY o.id LIMIT 10001) AS x

-- name: newest_orders
-- The newest of each partner, of all the newest ones.
SELECT o.id::text AS order_no, p.name AS partner, k.sku, o.quantity, o.amount, a.currency, o.state, o.created_at
FROM partner p JOIN account a ON a.partner_id = p.id CROSS JOIN LATERAL (
    SELECT n.id, n.sku_id, n.quantity, n.amount, n.state, n.created_at
    FROM orders n WHERE n.partner_id = p.id ORDER BY n.id DESC LIMIT 8) AS o
JOIN sku k ON k.id = o.sku_id ORDER BY o.id DESC LIMIT 8

-- name: stock
-- What is left of each pool, on shelves and in workers' leases, and the mark below which its SKUs are short: the shortest first.
SELECT x.pool, x.imported, x.free + x.leased AS for_sale, x.mark, days_of_cover(x.id, x.free + x.leased, 7) AS days_of_cover FROM (
    SELECT p.id, p.name AS pool, p.size AS imported, n.free, n.leased,
           coalesce((SELECT max(k.low_stock) FROM sku k WHERE k.pool_id = p.id AND k.on_sale), 0)::bigint AS mark
    FROM pool p CROSS JOIN LATERAL pool_level(p.id) AS n WHERE NOT p.purchased) AS x
ORDER BY x.free + x.leased - x.mark, x.pool LIMIT 12

-- name: upstreams
-- What living workers say of each: how its breakers are, and of their last calls.
SELECT u.name AS upstream, u.connector, u.paused, count(l.*) AS ways,
       count(*) FILTER (WHERE l.breaker <> 'closed') AS held_back, max(l.reason) FILTER (WHERE l.breaker <> 'closed') AS reason,
       sum(l.calls)::bigint AS calls, sum(l.failures)::bigint AS failures, sum(l.waiting)::bigint AS waiting,
       (sum(l.success_rate * l.calls) / nullif(sum(l.calls) FILTER (WHERE l.success_rate IS NOT NULL), 0))::float8 AS success_rate,
       max(l.latency_s)::float8 AS latency_s
FROM upstream u LEFT JOIN (lane_state l JOIN worker w ON w.worker_id = l.worker_id AND w.expires_at > now()) ON l.upstream_id = u.id
GROUP BY u.id ORDER BY (count(*) FILTER (WHERE l.breaker <> 'closed')) DESC, u.name LIMIT 20

-- name: alerts
SELECT a.id::text AS id, a.level, a.kind, a.subject, a.detail, a.since, a.acknowledged_by
FROM alert a WHERE a.resolved_at IS NULL
ORDER BY array_position(ARRAY['page', 'ticket', 'info'], a.level), a.id DESC LIMIT 20

-- name: messages
SELECT 'pending' AS state, least(coalesce(sum(c.messages), 0), 10001)::bigint AS messages FROM partner p CROSS JOIN LATERAL (
    SELECT count(*) AS messages FROM (SELECT FROM webhook w WHERE w.partner_id = p.id AND w.state = 'pending' LIMIT 10001) AS x) AS c
UNION ALL
SELECT 'dead', least(coalesce(sum(c.messages), 0), 10001)::bigint FROM partner p CROSS JOIN LATERAL (
    SELECT count(*) AS messages FROM (SELECT FROM webhook w WHERE w.partner_id = p.id AND w.state = 'dead' ORDER BY w.id LIMIT 10001) AS x) AS c

-- name: last_audit
SELECT r.ok, r.ended_at, r.findings FROM audit_run r ORDER BY r.id DESC LIMIT 1

-- name: requests_for_me
-- What waits for a second person, which somebody ($1: the person, $2: what he may) could decide: what ends first, first.
SELECT a.id::text AS id, a.action, a.summary, a.requested_by, a.reason, a.expires_at
FROM approval a WHERE a.state = 'waiting' AND a.expires_at > now() AND lower(a.requester_person) <> lower($1) AND a.permission = ANY($2::text[])
ORDER BY a.expires_at LIMIT 50

-- name: cases_of_mine
-- What somebody has taken and not ended, as the inbox orders it.
SELECT c.id::text AS case_no, c.order_id::text AS order_no, c.kind, c.state, c.reason, c.deadline_at, c.snoozed_until, c.created_at
FROM service_case c WHERE c.state NOT IN ('resolved', 'refused', 'withdrawn') AND c.assigned_to = $1
ORDER BY c.level DESC, c.id LIMIT 50

-- name: cases_of_nobody
-- How many anybody may take, up to 101, and since when the oldest of those waits.
SELECT count(*) AS cases, min(x.created_at) AS since FROM (
    SELECT c.created_at FROM service_case c
    WHERE c.state IN ('opened', 'in_review') AND c.assigned_to IS NULL AND coalesce(c.snoozed_until, '-infinity') <= now()
    ORDER BY c.level DESC, c.id LIMIT 101) AS x

-- name: stock_levels
-- What is left of each pool, on shelves and in workers' leases, the mark below which its SKUs are short, and what ends soon: the
-- first to expire, and how many do within $1 days.
SELECT x.pool, x.imported, x.free + x.leased AS for_sale, x.leased, x.mark, e.first_ends_at, e.ending,
       round(sold_a_day(x.id, 7)::numeric, 1)::float8 AS sold_per_day, days_of_cover(x.id, x.free + x.leased, 7) AS days_of_cover FROM (
    SELECT p.id, p.name AS pool, p.size AS imported, n.free, n.leased,
           coalesce((SELECT max(k.low_stock) FROM sku k WHERE k.pool_id = p.id AND k.on_sale), 0)::bigint AS mark
    FROM pool p CROSS JOIN LATERAL pool_level(p.id) AS n WHERE NOT p.purchased) AS x
CROSS JOIN LATERAL (
    SELECT min(f.expires_at) AS first_ends_at,
           coalesce(sum(f.hi - f.lo) FILTER (WHERE f.expires_at < now() + make_interval(days => $1)), 0)::bigint AS ending
    FROM fragment f WHERE f.pool_id = x.id AND f.expires_at > now()) AS e
ORDER BY x.free + x.leased - x.mark, x.pool LIMIT 200
