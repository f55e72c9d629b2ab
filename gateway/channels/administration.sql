-- What its actions and views ask.

-- name: insert_channel
-- No row: the name is taken.
INSERT INTO channel (name, adapter, partner_id, key_id, settings) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_channels
SELECT c.name AS channel, c.adapter, p.name AS partner, c.key_id, c.created_at,
       (SELECT count(*) FROM channel_order x WHERE x.channel_id = c.id AND x.state = 'pending') AS results_pending,
       (SELECT count(*) FROM channel_order x WHERE x.channel_id = c.id AND x.state = 'dead') AS results_dead
FROM channel c JOIN partner p ON p.id = c.partner_id ORDER BY c.name

-- name: trace_channel
SELECT id::text AS id, name, adapter, partner_id::text AS partner_id, key_id, created_at FROM channel WHERE name = $1 FOR NO KEY UPDATE
