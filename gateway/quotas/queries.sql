-- The quotas as the order path knows them.

-- name: quotas
SELECT q.id, q.name, q.per, q.span, q.most, c.name AS campaign, c.sku_id AS campaign_sku_id
FROM quota q LEFT JOIN campaign c ON c.id = q.campaign_id WHERE q.most IS NOT NULL

-- name: quotas_of_skus
-- Which quotas are on which SKUs, by themselves, by a category above them, or by being on everything.
WITH RECURSIVE above AS (
    SELECT s.id AS sku_id, s.category_id FROM sku s
    UNION SELECT a.sku_id, c.parent_id FROM above a JOIN category c ON c.id = a.category_id)
SELECT q.sku_id, q.id AS quota_id FROM quota q WHERE q.most IS NOT NULL AND q.sku_id IS NOT NULL
UNION ALL SELECT a.sku_id, q.id FROM quota q JOIN above a ON a.category_id = q.category_id WHERE q.most IS NOT NULL
UNION ALL SELECT s.id, q.id FROM quota q CROSS JOIN sku s
          WHERE q.most IS NOT NULL AND num_nonnulls(q.sku_id, q.category_id, q.campaign_id) = 0

-- name: counts
-- What was had of counts, by quota and subject, in the windows of now; nothing where there is no row.
SELECT u.quota_id, u.subject, u.used - coalesce((
           SELECT sum(b.units) FROM quota_block b
           WHERE b.quota_id = u.quota_id AND b.subject = u.subject AND b.period = u.period), 0)::bigint AS used
FROM unnest($1::bigint[], $2::text[]) AS wanted (quota_id, subject)
JOIN quota q ON q.id = wanted.quota_id
CROSS JOIN LATERAL (SELECT * FROM quota_use x WHERE x.quota_id = wanted.quota_id AND x.subject = wanted.subject
                    AND x.period = quota_period(q.per, q.span, x.subject, now()) LIMIT 1) AS u
