-- What workers counted of refusals.

-- name: add
-- In one order of all workers, so that none waits for one that waits for it.
INSERT INTO campaign_refusal (campaign_id, code, refused)
SELECT n.campaign_id, n.code, n.refused FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS n (campaign_id, code, refused)
ORDER BY n.campaign_id, n.code
ON CONFLICT (campaign_id, code) DO UPDATE SET refused = campaign_refusal.refused + excluded.refused
RETURNING campaign_id
