-- What operators do with alerts.

-- name: list_alerts
-- Each filter (kind, subject, level, state, acknowledged_by) may be NULL; newest first, beyond the one that $6 names. $7: how many.
SELECT a.id::text AS id, a.kind, a.subject, a.since, a.level, s.state, a.detail, a.acknowledged_by, a.acknowledged_at, a.resolved_at
FROM alert a CROSS JOIN LATERAL (
    SELECT CASE WHEN a.resolved_at IS NOT NULL THEN 'resolved' WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state) AS s
WHERE ($1::text IS NULL OR a.kind = $1) AND ($2::text IS NULL OR a.subject = $2) AND ($3::text IS NULL OR a.level = $3)
  AND ($4::text IS NULL OR s.state = $4) AND ($5::text IS NULL OR a.acknowledged_by = $5)
  AND ($6::text IS NULL OR a.id < $6::text::bigint)
ORDER BY a.id DESC LIMIT $7

-- name: show_alert
SELECT a.id::text AS id, a.kind, a.subject, a.since, a.level, a.detail, a.acknowledged_by, a.acknowledged_at, a.resolved_at,
       CASE WHEN a.resolved_at IS NOT NULL THEN 'resolved' WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state
FROM alert a WHERE a.id = $1::text::bigint

-- name: acknowledge
-- Again changes nothing: the first one has it.
UPDATE alert SET acknowledged_by = coalesce(acknowledged_by, $2), acknowledged_at = coalesce(acknowledged_at, now())
WHERE id = $1::text::bigint RETURNING id

-- name: trace_alert
SELECT id, kind, subject, level, since, acknowledged_by, acknowledged_at, resolved_at FROM alert WHERE id = $1::text::bigint FOR NO KEY UPDATE
