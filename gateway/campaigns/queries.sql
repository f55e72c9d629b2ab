-- The campaigns as the order path knows them.

-- name: campaigns
SELECT c.id, c.name, c.sku_id, c.starts_at, least(c.ends_at, c.ended_at) AS ends_at, c.per_buyer, c.warm_up_s, w.campaign_id AS room_id,
       c.new_buyers,
       CASE WHEN NOT c.for_all THEN ARRAY(SELECT m.partner_id FROM campaign_partner m WHERE m.campaign_id = c.id) END AS partners
FROM campaign c LEFT JOIN waiting_room w ON w.campaign_id = c.id
