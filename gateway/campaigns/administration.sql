-- What people do with campaigns.

-- name: insert_campaign
-- No row: the name is taken.
INSERT INTO campaign (name, sku_id, starts_at, ends_at, per_buyer, kind, warm_up_s, for_all, new_buyers)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: insert_campaign_partner
INSERT INTO campaign_partner (campaign_id, partner_id) VALUES ($1, $2) RETURNING campaign_id

-- name: open_waiting_room
INSERT INTO waiting_room (campaign_id, rate) VALUES ($1, $2) RETURNING campaign_id

-- name: serving
-- How far the waiting room of a campaign serves now.
SELECT w.serving + coalesce(floor(w.rate * greatest(0, extract(epoch FROM now() - greatest(w.since, c.starts_at))))::bigint, 0) AS serving,
       w.rate, w.issued
FROM waiting_room w JOIN campaign c ON c.id = w.campaign_id WHERE c.name = $1 FOR UPDATE OF w

-- name: serve_on
-- From $2 on, $3 more each second; NULL: as it was.
UPDATE waiting_room w SET serving = $2, rate = coalesce($3::integer, w.rate), since = now()
FROM campaign c WHERE c.id = w.campaign_id AND c.name = $1 RETURNING w.campaign_id

-- ---------------------------------------------------------------- for the log of changes

-- name: trace_waiting_room
SELECT w.* FROM waiting_room w JOIN campaign c ON c.id = w.campaign_id WHERE c.name = $1 FOR UPDATE OF w

-- name: list_campaigns
-- $1 NULL: every campaign.
SELECT c.name AS campaign, c.kind, s.sku, c.starts_at, c.ends_at, c.ended_at, c.per_buyer, c.warm_up_s, c.for_all, c.new_buyers,
       CASE WHEN now() >= least(c.ends_at, c.ended_at) THEN 'over' WHEN now() < c.starts_at THEN 'coming' ELSE 'open' END AS state
FROM campaign c JOIN sku s ON s.id = c.sku_id WHERE $1::text IS NULL OR c.name = $1 ORDER BY c.starts_at DESC, c.name

-- name: campaign_partners
SELECT p.name AS partner FROM campaign_partner m JOIN campaign c ON c.id = m.campaign_id JOIN partner p ON p.id = m.partner_id
WHERE c.name = $1 ORDER BY p.name

-- name: room_of_campaign
-- No row: it demands no pass.
SELECT w.rate FROM waiting_room w JOIN campaign c ON c.id = w.campaign_id WHERE c.name = $1

-- name: campaign_sales
-- Units are what was not refunded as a failure; `amount` is what was kept of what was paid.
SELECT count(*) AS orders, coalesce(sum(o.quantity) FILTER (WHERE o.state <> 'failed'), 0)::bigint AS units,
       coalesce(sum(o.delivered_quantity), 0)::bigint AS delivered, count(*) FILTER (WHERE o.state = 'failed') AS failed,
       coalesce(sum(o.amount - o.refunded), 0)::bigint AS amount,
       count(DISTINCT (o.partner_id, o.details::json ->> 'buyer_id')) FILTER (WHERE o.details::json ->> 'buyer_id' IS NOT NULL) AS buyers,
       min(o.created_at) AS first_at, max(o.created_at) AS last_at
FROM orders o WHERE o.details LIKE '%"campaign"%' AND o.details::json ->> 'campaign' = $1

-- name: campaign_refusals
SELECT r.code, r.refused FROM campaign_refusal r JOIN campaign c ON c.id = r.campaign_id WHERE c.name = $1 ORDER BY r.code

-- name: hold_campaign
SELECT starts_at, ends_at,
       CASE WHEN now() >= least(ends_at, ended_at) THEN 'over' WHEN now() < starts_at THEN 'coming' ELSE 'open' END AS state
FROM campaign WHERE name = $1 FOR NO KEY UPDATE

-- name: move_campaign
-- NULL leaves an end of the window. No row: the new end is over.
UPDATE campaign SET starts_at = coalesce($2, starts_at), ends_at = coalesce($3, ends_at)
WHERE name = $1 AND coalesce($3, ends_at) > now() RETURNING starts_at, ends_at

-- name: end_campaign
UPDATE campaign SET ended_at = coalesce(ended_at, now()) WHERE name = $1
RETURNING least(ends_at, ended_at) AS ended_at, 'over' AS state

-- ---------------------------------------------------------------- its shelves

-- name: pool_of_sku
SELECT p.name FROM sku s JOIN pool p ON p.id = s.pool_id WHERE s.sku = $1

-- name: campaign_shelf_stats
SELECT p.name AS pool, s.name AS shelf, n.codes, n.free, n.leased, n.held, n.in_doubt, n.delivered, s.closed_at
FROM shelf s JOIN pool p ON p.id = s.pool_id CROSS JOIN LATERAL shelf_levels(p.id) AS n
WHERE s.campaign = $1 AND n.shelf_id = s.id ORDER BY s.id

-- name: trace_campaign
SELECT id::text AS id, name, sku_id::text AS sku_id, starts_at, ends_at, per_buyer, kind, warm_up_s, for_all, new_buyers, ended_at
FROM campaign WHERE name = $1 FOR NO KEY UPDATE
