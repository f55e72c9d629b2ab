-- I15: a pass let in one order or hold, of its campaign; see audit/checks.sql.

-- name: i15_pass_and_owner
-- Whose number stands beside a pass is an order or a hold of its partner, in its campaign; one has one pass.
SELECT format('pass %s of campaign %s was used by %s', u.number, c.name, CASE
              WHEN o.id IS NOT NULL THEN format('order %s, which is not in it', o.id)
              WHEN h.id IS NOT NULL THEN format('hold %s, which is not in it', h.id)
              ELSE format('nobody with the number %s', u.order_id) END) AS problem
FROM pass_use u JOIN campaign c ON c.id = u.campaign_id
LEFT JOIN orders o ON o.partner_id = u.partner_id AND o.id = u.order_id
LEFT JOIN hold h ON h.partner_id = u.partner_id AND h.id = u.order_id
WHERE (coalesce(o.details, h.details)::jsonb ->> 'campaign') IS DISTINCT FROM c.name
UNION ALL
SELECT format('%s passes were used by %s: %s', count(*), u.order_id, string_agg(u.number::text, ', ' ORDER BY u.number))
FROM pass_use u GROUP BY u.partner_id, u.order_id HAVING count(*) > 1

-- name: i15_without_pass
-- Who is in a campaign that demands passes has used one; an order that was held did so when it was held.
SELECT format('%s %s is in campaign %s without a pass', o.what, o.id, c.name) AS problem
FROM waiting_room w JOIN campaign c ON c.id = w.campaign_id
JOIN (
    SELECT 'order' AS what, x.partner_id, x.id, x.details::jsonb ->> 'campaign' AS campaign FROM orders x
    WHERE x.details LIKE '%"campaign"%' AND x.details::jsonb ->> 'hold' IS NULL
    UNION ALL
    SELECT 'hold', h.partner_id, h.id, h.details::jsonb ->> 'campaign' FROM hold h WHERE h.details LIKE '%"campaign"%'
) AS o ON o.campaign = c.name
LEFT JOIN pass_use u ON u.partner_id = o.partner_id AND u.campaign_id = w.campaign_id AND u.order_id = o.id
WHERE u.order_id IS NULL

-- name: i15_guards
SELECT missing_guards('I15') AS problem
