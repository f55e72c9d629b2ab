-- Cases that a platform is to be asked about, by whichever worker comes first.

-- name: take
-- Approved, and nobody has asked yet: the caller's for a minute. By the index of those under way.
UPDATE service_case c SET snoozed_until = now() + interval '1 minute'
FROM (SELECT x.partner_id, x.id FROM service_case x
      WHERE x.state = 'acting' AND x.kind = 'upstream' AND x.task::jsonb ->> 'upstream' IS NOT NULL AND x.task::jsonb ->> 'asked' IS NULL
        AND coalesce(x.snoozed_until, '-infinity') <= now() ORDER BY x.id LIMIT 10 FOR NO KEY UPDATE SKIP LOCKED) AS due
WHERE c.partner_id = due.partner_id AND c.id = due.id RETURNING c.partner_id, c.id, c.task

-- name: asked
-- Who asked, the connector or (it takes no complaints) a person; once. No row: it has moved on.
UPDATE service_case c SET task = (c.task::jsonb || jsonb_build_object('asked', $3::text))::text, snoozed_until = NULL
WHERE c.partner_id = $1 AND c.id = $2 AND c.state = 'acting' AND c.task::jsonb ->> 'asked' IS NULL RETURNING c.id

-- name: step
SELECT step_case($1, $2, 'moved', $3, 'quangate', $4, NULL, NULL)

-- name: tell
SELECT tell_case($1, $2)

-- name: overdue
-- What platforms took too long for: people go on with it. Whoever is first of all workers.
SELECT c.partner_id, c.id, c.task FROM service_case c
WHERE c.state = 'waiting_upstream' AND c.deadline_at <= now() ORDER BY c.id LIMIT 10 FOR NO KEY UPDATE SKIP LOCKED
