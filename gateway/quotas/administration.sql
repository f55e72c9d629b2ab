-- What people do with quotas.

-- name: hold_quotas
-- Waits for the commits that ask quotas, and lets none begin until the end of this transaction: the
-- lock that routines.sql (keep_quotas) shares.
SELECT pg_advisory_xact_lock(x'51554f54'::integer)

-- name: insert_quota
-- No row: the name is taken.
INSERT INTO quota (name, sku_id, category_id, campaign_id, per, span, most, keep_refunded, counts_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, now())) ON CONFLICT (name) DO NOTHING RETURNING id, counts_from

-- name: quota_by_name
SELECT id, per, most FROM quota WHERE name = $1

-- name: quota_sku
SELECT id FROM sku WHERE sku = $1

-- name: quota_category
SELECT id FROM category WHERE name = $1

-- name: quota_campaign
SELECT id FROM campaign WHERE name = $1

-- name: list_quotas
-- $1 NULL: every quota. `used`: by everybody in the window of now; of a lifted limit `max` is NULL.
SELECT q.name AS quota,
       coalesce('sku:' || s.sku, 'category:' || k.name, 'campaign:' || c.name, 'all') AS "on", q.per, q.span AS window, q.most AS max,
       coalesce((SELECT sum(u.used) FROM quota_use u WHERE u.quota_id = q.id AND u.period = quota_period(q.per, q.span, u.subject, now())), 0)::bigint
           - coalesce((SELECT sum(b.units) FROM quota_block b WHERE b.quota_id = q.id AND b.period = quota_period(q.per, q.span, b.subject, now())), 0)::bigint
           AS used,
       q.keep_refunded, q.counts_from, q.created_at
FROM quota q LEFT JOIN sku s ON s.id = q.sku_id LEFT JOIN category k ON k.id = q.category_id LEFT JOIN campaign c ON c.id = q.campaign_id
WHERE $1::text IS NULL OR q.name = $1 ORDER BY q.name

-- name: quota_counts
-- Who has had most of it in the window of now.
SELECT u.subject, u.used - coalesce((SELECT sum(b.units) FROM quota_block b WHERE b.quota_id = u.quota_id AND b.subject = u.subject
                                     AND b.period = u.period), 0)::bigint AS used
FROM quota_use u JOIN quota q ON q.id = u.quota_id
WHERE u.quota_id = $1 AND u.period = quota_period(q.per, q.span, u.subject, now()) ORDER BY u.used DESC, u.subject LIMIT 100

-- name: call_in
-- Takes back what lies in blocks, so that counts say what was had.
WITH held AS (
    UPDATE quota_use u SET used = u.used - b.units
    FROM (SELECT subject, period, sum(units) AS units FROM quota_block WHERE quota_id = $1 GROUP BY 1, 2) AS b
    WHERE u.quota_id = $1 AND u.subject = b.subject AND u.period = b.period)
DELETE FROM quota_block WHERE quota_id = $1

-- name: most_used
-- The most that anybody has had in the window of now.
SELECT coalesce(max(u.used), 0) AS used FROM quota_use u JOIN quota q ON q.id = u.quota_id
WHERE q.id = $1 AND u.period = quota_period(q.per, q.span, u.subject, now())

-- name: set_most
UPDATE quota SET most = $2 WHERE id = $1 RETURNING id

-- name: set_own_most
-- What a SKU or a campaign allows each buyer; the quota follows (0221: keep_own_quota). NULL lifts it.
WITH skus AS (UPDATE sku SET per_buyer = $2, updated_at = now() WHERE 'sku:' || sku = $1 RETURNING id),
     campaigns AS (UPDATE campaign SET per_buyer = $2 WHERE 'campaign:' || name = $1 RETURNING id)
SELECT id FROM skus UNION ALL SELECT id FROM campaigns

-- name: delete_counts
WITH uses AS (DELETE FROM quota_use WHERE quota_id = $1)
DELETE FROM quota_block WHERE quota_id = $1

-- name: delete_quota
DELETE FROM quota WHERE id = $1 RETURNING id

-- name: trace_quota
SELECT id::text AS id, name, sku_id::text AS sku_id, category_id::text AS category_id, campaign_id::text AS campaign_id, per, span, most,
       keep_refunded, counts_from, created_at, settles_at
FROM quota WHERE name = $1 FOR NO KEY UPDATE
