-- I14: of each quota so much was had as orders and holds have, and never more than it allowed.

-- name: i14_had_and_taken
-- What was had of a count is what is written down as taken, and what was carried over; but for counts
-- that were forgotten since.
SELECT format('quota %s: %s were had by %L in the window of %s, orders and holds have %s', q.name, coalesce(u.had, 0),
              coalesce(u.subject, t.subject), coalesce(u.period, t.period), coalesce(t.units, 0)) AS problem
FROM (SELECT u.quota_id, u.subject, u.period, u.used - u.carried - coalesce(b.units, 0) AS had
      FROM quota_use u
      LEFT JOIN (SELECT quota_id, subject, period, sum(units) AS units FROM quota_block GROUP BY 1, 2, 3) AS b
             ON b.quota_id = u.quota_id AND b.subject = u.subject AND b.period = u.period) AS u
FULL JOIN (SELECT e.quota_id, e.subject, e.period, sum(t.units) AS units
           FROM quota_taken t CROSS JOIN LATERAL asked_of(t.asked, t.taken_at) AS e
           GROUP BY 1, 2, 3) AS t
       ON t.quota_id = u.quota_id AND t.subject = u.subject AND t.period = u.period
JOIN quota q ON q.id = coalesce(u.quota_id, t.quota_id)  -- of one that was deleted nobody counts
WHERE coalesce(u.had, 0) <> coalesce(t.units, 0)
  AND coalesce(u.period, t.period) NOT BETWEEN 1 AND coalesce((SELECT extract(epoch FROM f.before)::bigint - 1 FROM forgotten f WHERE f.what = 'quota_use'), 0)

-- name: i14_taken_and_orders
-- An order has what it delivers, or may still, without the pieces that were paid back (unless a quota keeps those,
-- or an older version did); a hold what it holds.
SELECT format('%s %s has %s units of quotas, it should have %s',
              CASE WHEN o.id IS NOT NULL THEN 'order' WHEN h.id IS NOT NULL THEN 'hold' ELSE 'nobody with the number' END,
              t.owner_id, t.units, coalesce(o.due, h.due, 0)) AS problem
FROM quota_taken t
LEFT JOIN (SELECT o.partner_id, o.id, CASE o.state WHEN 'failed' THEN 0 WHEN 'partial' THEN o.delivered_quantity
                                                   WHEN 'reversed' THEN o.delivered_quantity ELSE o.quantity END AS due,
                  coalesce(o.returned, 0) AS returned, o.state FROM orders o) AS o
       ON o.partner_id = t.partner_id AND o.id = t.owner_id
LEFT JOIN (SELECT x.partner_id, x.id, CASE x.state WHEN 'held' THEN x.quantity ELSE 0 END AS due FROM hold x) AS h
       ON h.partner_id = t.partner_id AND h.id = t.owner_id
WHERE t.units NOT BETWEEN coalesce(o.due - o.returned, h.due, 0) AND coalesce(o.due, h.due, 0)
   OR (o.state = 'reversed' AND EXISTS (SELECT FROM asked_of(t.asked, t.taken_at) AS a WHERE NOT a.keep_refunded))

-- name: i14_order_not_counted
-- Recounted from the orders and open holds: whom a quota should have asked, it has; an order that was
-- held, when its hold was made. Only of quotas whose orders can be told afterwards: categories change, and
-- limits of SKUs and campaigns are lifted.
SELECT format('%s %s is not counted by the quota %s', o.what, o.id, q.name) AS problem
FROM quota q LEFT JOIN campaign c ON c.id = q.campaign_id
JOIN (
    SELECT 'order' AS what, x.partner_id, x.id, x.sku_id, x.account, x.details AS said, coalesce(h.created_at, x.created_at) AS asked_at
    FROM orders x LEFT JOIN hold h ON h.partner_id = x.partner_id AND h.order_id = x.id WHERE x.state NOT IN ('failed', 'reversed')
      AND (coalesce(x.returned, 0) = 0 OR x.returned < x.delivered_quantity)
    UNION ALL
    SELECT 'hold', h.partner_id, h.id, h.sku_id, h.account,
           (coalesce(h.details::jsonb, '{}') || jsonb_build_object('buyer_id', h.buyer_id, 'buyer_ip', h.buyer_ip))::text, h.created_at
    FROM hold h WHERE h.state = 'held'
) AS o ON o.asked_at >= q.counts_from AND (q.sku_id IS NULL OR o.sku_id = q.sku_id)
LEFT JOIN quota_taken t ON t.partner_id = o.partner_id AND t.owner_id = o.id
WHERE q.settles_at IS NULL AND q.category_id IS NULL AND q.name NOT LIKE '%:%'
  AND (q.campaign_id IS NULL OR o.said::jsonb ->> 'campaign' = c.name)
  AND (q.span <> 'campaign' OR o.said::jsonb ->> 'campaign' IS NOT NULL)
  AND CASE q.per WHEN 'buyer' THEN o.said::jsonb ->> 'buyer_id' IS NOT NULL
       WHEN 'device' THEN o.said::jsonb ->> 'buyer_device' IS NOT NULL WHEN 'ip' THEN address_text(o.said::jsonb ->> 'buyer_ip') IS NOT NULL
       WHEN 'recipient' THEN o.account IS NOT NULL ELSE true END
  AND (t.owner_id IS NULL OR q.id NOT IN (SELECT a.quota_id FROM asked_of(t.asked, t.taken_at) AS a))

-- name: i14_more_than_allowed
SELECT format('quota %s: %s were had by %L in the window of %s, where %s were allowed', q.name, u.used, u.subject, u.period, u.most) AS problem
FROM quota_use u JOIN quota q ON q.id = u.quota_id WHERE u.used > u.most
UNION ALL SELECT format('quota %s: %s units are in the hands of connection %s', q.name, b.units, b.holder)
FROM quota_block b JOIN quota q ON q.id = b.quota_id WHERE b.units < 0

-- name: i14_guards
SELECT missing_guards('I14') AS problem
