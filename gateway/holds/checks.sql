-- What does not add up about holds; see audit/checks.sql.

-- name: i3_held_codes
-- A held code belongs to a hold that is held and lists it; such a hold has all of its codes.
SELECT CASE WHEN c.seq IS NULL THEN format('hold %s is held, but code %s of pool %s is not', h.id, h.seq, h.pool_id)
            ELSE format('pool %s: code %s is held by hold %s, which does not hold it', c.pool_id, c.seq, c.hold_id) END AS problem
FROM (SELECT partner_id, id, pool_id, unnest(seqs) AS seq FROM hold WHERE state = 'held') AS h
FULL JOIN held_code c ON c.pool_id = h.pool_id AND c.seq = h.seq AND c.hold_id = h.id AND c.partner_id = h.partner_id
WHERE h.id IS NULL OR c.seq IS NULL

-- name: i3_held_and_sold
SELECT format('pool %s: code %s is held by hold %s, and %s', c.pool_id, c.seq, c.hold_id,
              CASE WHEN a.order_id IS NULL THEN 'void' ELSE 'sold with order ' || a.order_id END) AS problem
FROM held_code c JOIN allocation a ON a.pool_id = c.pool_id AND a.seq = c.seq

-- name: i3_held_and_free
-- Nothing that is held lies in a fragment, in a lease or behind what was ever leased.
SELECT format('pool %s: code %s is held by hold %s, and lies in %s', c.pool_id, c.seq, c.hold_id, r.what) AS problem
FROM held_code c JOIN (
    SELECT pool_id, lo, hi, 'a fragment' AS what FROM fragment
    UNION ALL SELECT pool_id, lo, hi, 'lease ' || id FROM lease WHERE state = 'active'
    UNION ALL SELECT id, next_seq, size, 'what was never leased' FROM pool WHERE next_seq < size
) AS r ON r.pool_id = c.pool_id AND c.seq >= r.lo AND c.seq < r.hi

-- name: i3_held_too_long
-- What is over is given back within seconds by any worker that lives.
SELECT format('hold %s was over at %s, and none of the living workers gave it back', h.id, h.expires_at) AS problem
FROM hold h WHERE h.state = 'held' AND h.expires_at < now() - interval '5 minutes'
AND EXISTS (SELECT FROM worker w WHERE w.expires_at > now())

-- name: i3_hold_bounds
-- What budgets are reckoned with is never less than what there is.
SELECT format('partner %s: %s holds are open, reckoned with are %s', h.partner_id, h.n, coalesce(b.open_at_most, 0)) AS problem
FROM (SELECT partner_id, count(*) AS n FROM hold WHERE state = 'held' GROUP BY 1) AS h
LEFT JOIN hold_partner b ON b.partner_id = h.partner_id WHERE h.n > coalesce(b.open_at_most, 0)
UNION ALL
SELECT format('pool %s: %s codes are held, reckoned with are %s', c.pool_id, c.n, coalesce(b.held_at_most, 0))
FROM (SELECT pool_id, count(*) AS n FROM held_code GROUP BY 1) AS c
LEFT JOIN hold_pool b ON b.pool_id = c.pool_id WHERE c.n > coalesce(b.held_at_most, 0)

-- name: i5_hold_and_order
-- A confirmed hold names an order of its SKU and quantity, at its price; no order is of two holds.
SELECT format('hold %s of partner %s is %s by order %s, which %s', h.id, h.partner_id, h.state, h.order_id,
              CASE WHEN o.id IS NULL THEN 'does not exist' ELSE format('has %s of SKU %s at %s', o.quantity, o.sku_id, o.amount) END) AS problem
FROM hold h LEFT JOIN orders o ON o.partner_id = h.partner_id AND o.id = h.order_id
WHERE h.order_id IS NOT NULL AND (o.id IS NULL OR o.quantity <> h.quantity OR o.sku_id <> h.sku_id OR o.amount <> h.amount)
UNION ALL
SELECT format('order %s confirms %s holds: %s', order_id, count(*), string_agg(id::text, ', ' ORDER BY id))
FROM hold WHERE order_id IS NOT NULL GROUP BY partner_id, order_id HAVING count(*) > 1

-- name: i3_hold_guards
SELECT missing_guards('holds') AS problem
