-- Counting back: orders, and open holds, that were made before a quota was asked.

-- name: count_back
-- Counts the orders and open holds since $2 that the quota $1 is asked by and that do not have it, and says how many.
-- Who has more than is allowed keeps it, and gets no more. Ids count milliseconds of 2025 on in their
-- upper bits, by clocks that are less than a day wrong.
WITH RECURSIVE wanted AS (
    SELECT q.*, c.name AS campaign FROM quota q LEFT JOIN campaign c ON c.id = q.campaign_id WHERE q.id = $1
), below AS (
    SELECT category_id AS id FROM wanted WHERE category_id IS NOT NULL
    UNION SELECT c.id FROM category c JOIN below b ON c.parent_id = b.id
), bought AS (
    SELECT o.partner_id, o.id, o.created_at, o.account, o.said, w.id AS quota_id, w.per, w.span, w.most,
           quota_period(w.per, w.span, o.partner_id::text, o.created_at) AS period,
           CASE o.state WHEN 'failed' THEN 0 WHEN 'partial' THEN o.delivered_quantity
                        WHEN 'reversed' THEN CASE WHEN w.keep_refunded THEN o.delivered_quantity ELSE 0 END ELSE o.quantity END AS units
    FROM wanted w CROSS JOIN partner p
    CROSS JOIN LATERAL (
        SELECT x.partner_id, x.id, x.created_at, x.sku_id, x.account, x.details::jsonb AS said, x.state,
               x.quantity - CASE WHEN w.keep_refunded THEN 0 ELSE coalesce(x.returned, 0) END AS quantity,
               x.delivered_quantity - CASE WHEN w.keep_refunded THEN 0 ELSE coalesce(x.returned, 0) END AS delivered_quantity
        FROM orders x WHERE x.partner_id = p.id AND x.created_at >= $2::timestamptz
                        AND x.id >= (greatest(0, extract(epoch FROM $2::timestamptz) * 1000 - 1735689600000 - 86400000)::bigint << 22)
        UNION ALL
        SELECT h.partner_id, h.id, h.created_at, h.sku_id, h.account,
               coalesce(h.details::jsonb, '{}') || jsonb_build_object('buyer_id', h.buyer_id, 'buyer_ip', h.buyer_ip), h.state, h.quantity, 0
        FROM hold h WHERE h.partner_id = p.id AND h.state = 'held' AND h.created_at >= $2::timestamptz
    ) AS o
    JOIN sku s ON s.id = o.sku_id
    WHERE (w.sku_id IS NULL OR w.sku_id = o.sku_id) AND (w.category_id IS NULL OR s.category_id IN (SELECT id FROM below))
      AND (w.campaign_id IS NULL OR o.said ->> 'campaign' = w.campaign)
      AND (w.span <> 'campaign' OR o.said ->> 'campaign' IS NOT NULL)
), counted AS (
    SELECT b.partner_id, b.id, b.created_at, b.quota_id, b.most, b.period, coalesce(n.units, b.units) AS units, concat_ws(
               ' ', CASE WHEN b.span = 'campaign' THEN b.said ->> 'campaign' END, CASE b.per
               WHEN 'buyer' THEN b.partner_id || ' ' || (b.said ->> 'buyer_id') WHEN 'device' THEN b.said ->> 'buyer_device'
               WHEN 'ip' THEN address_text(b.said ->> 'buyer_ip') WHEN 'recipient' THEN b.account
               WHEN 'partner' THEN b.partner_id::text END) AS subject
    FROM bought b LEFT JOIN quota_taken n ON n.partner_id = b.partner_id AND n.owner_id = b.id
    WHERE b.units > 0 AND CASE b.per WHEN 'buyer' THEN b.said ->> 'buyer_id' IS NOT NULL WHEN 'device' THEN b.said ->> 'buyer_device' IS NOT NULL
                                     WHEN 'ip' THEN address_text(b.said ->> 'buyer_ip') IS NOT NULL
                                     WHEN 'recipient' THEN b.account IS NOT NULL ELSE true END
      AND NOT EXISTS (SELECT FROM quota_taken t CROSS JOIN LATERAL asked_of(t.asked, t.taken_at) AS a
                      WHERE t.partner_id = b.partner_id AND t.owner_id = b.id AND a.quota_id = b.quota_id)
), noted AS (
    INSERT INTO quota_taken AS t (partner_id, owner_id, units, asked, taken_at)
    SELECT c.partner_id, c.id, c.units, jsonb_build_array(jsonb_build_array(c.quota_id, c.subject))::text, c.created_at FROM counted c
    ON CONFLICT (partner_id, owner_id) DO UPDATE SET asked = (t.asked::jsonb || excluded.asked::jsonb)::text
), used AS (
    INSERT INTO quota_use AS u (quota_id, subject, period, used, most)
    SELECT c.quota_id, c.subject, c.period, sum(c.units), greatest(sum(c.units), min(c.most)) FROM counted c GROUP BY 1, 2, 3
    ORDER BY c.quota_id, c.subject COLLATE "C", c.period
    ON CONFLICT (quota_id, subject, period) DO UPDATE SET used = u.used + excluded.used, most = greatest(u.most, u.used + excluded.used)
)
SELECT count(*) AS orders FROM counted

-- name: unsettled
-- Quotas that every worker asks by now, and whose orders until then are to be looked at once more.
SELECT id, greatest(counts_from, created_at - interval '1 min') AS since, counts_from FROM quota
WHERE settles_at < now() FOR NO KEY UPDATE SKIP LOCKED

-- name: give_back_failed
-- What orders since $2 have that failed while they were counted.
SELECT give_back_units(array_agg(t.partner_id), array_agg(t.owner_id), array_agg(t.units), array_agg(false)) AS given
FROM partner p
JOIN orders o ON o.partner_id = p.id AND o.state = 'failed' AND o.state <> 'delivered'
             AND o.id >= (greatest(0, extract(epoch FROM $2::timestamptz) * 1000 - 1735689600000 - 86400000)::bigint << 22)
CROSS JOIN LATERAL (SELECT * FROM quota_taken x WHERE x.partner_id = o.partner_id AND x.owner_id = o.id LIMIT 1) AS t
WHERE $1::bigint IN (SELECT a.quota_id FROM asked_of(t.asked, t.taken_at) AS a)

-- name: settled
UPDATE quota SET settles_at = NULL WHERE id = $1
