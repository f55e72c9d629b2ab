-- Alerts: seen, over, forgotten.

-- name: take_turn
-- The moment of this look; no row: somebody looked a moment ago.
UPDATE alert_look SET at = now() WHERE at < now() - make_interval(secs => $1::double precision) RETURNING at

-- name: see
-- What is seen lasts; `opened`: it was not there before, and every notifier is to tell it.
WITH seen AS (
    INSERT INTO alert (kind, subject, level, detail) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE SET seen_at = now(), level = excluded.level, detail = excluded.detail
    RETURNING id, kind, subject, since = now() AS opened),
told AS (INSERT INTO notice (notifier_id, event, alert_id) SELECT n.id, 'opened', s.id FROM seen s CROSS JOIN notifier n WHERE s.opened)
SELECT id, kind, subject, opened FROM seen

-- name: resolve
-- Over is what a look for it ($1) did not find since $2, and of the kinds that workers see ($3) what none has seen for $4 seconds.
WITH over AS (
    UPDATE alert SET resolved_at = now()
    WHERE resolved_at IS NULL
      AND ((kind = ANY ($1::text[]) AND seen_at < $2::timestamptz) OR (kind = ANY ($3::text[]) AND seen_at < now() - make_interval(secs => $4::double precision)))
    RETURNING id, kind, subject),
told AS (INSERT INTO notice (notifier_id, event, alert_id) SELECT n.id, 'resolved', o.id FROM over o CROSS JOIN notifier n)
SELECT id, kind, subject, false AS opened FROM over

-- name: lasting
SELECT level, count(*) AS alerts FROM alert WHERE resolved_at IS NULL GROUP BY level

-- name: forget
DELETE FROM alert WHERE id IN (SELECT a.id FROM alert a WHERE a.resolved_at < now() - make_interval(days => $1::integer) ORDER BY a.resolved_at LIMIT 500)
