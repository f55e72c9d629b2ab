-- Waiting rooms as partners ask them.

-- name: issue
SELECT p.line, p.number, p.is_new FROM issue_passes($1::bigint[], $2::bigint[], $3::text[]) AS p

-- name: rooms
-- How far each serves now, by the database's clock.
SELECT w.campaign_id AS room_id, w.rate,
       w.serving + coalesce(floor(w.rate * greatest(0, extract(epoch FROM now() - greatest(w.since, c.starts_at))))::bigint, 0) AS serving
FROM waiting_room w JOIN campaign c ON c.id = w.campaign_id WHERE w.campaign_id = ANY ($1::bigint[])
