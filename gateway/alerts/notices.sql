-- What places are to be told, and how that goes.

-- name: take_place
-- A place that has something to be told since a moment ago, for so many seconds this worker's alone; no row: there is none now.
UPDATE notifier SET next_at = now() + make_interval(secs => $1::double precision) WHERE id = (
    SELECT n.id FROM notifier n
    WHERE n.next_at <= now() AND EXISTS (SELECT FROM notice o WHERE o.notifier_id = n.id AND o.created_at <= now() - make_interval(secs => $2::double precision))
    ORDER BY n.next_at, n.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, name, kind, settings, failures

-- name: waiting
SELECT o.id AS notice_id, o.event, a.id::text AS alert, a.kind, a.subject, a.level, a.detail, a.since
FROM notice o JOIN alert a ON a.id = o.alert_id WHERE o.notifier_id = $1 ORDER BY o.id LIMIT $2

-- name: told
WITH gone AS (DELETE FROM notice WHERE id = ANY ($2::bigint[]))
UPDATE notifier SET failures = 0, why = NULL, told_at = now(), next_at = now() + make_interval(secs => $3::double precision) WHERE id = $1

-- name: not_told
UPDATE notifier SET failures = failures + 1, why = $2, next_at = now() + make_interval(secs => $3::double precision) WHERE id = $1

-- name: forget_old
-- What could not be told for a day is no news any more.
DELETE FROM notice WHERE id IN (SELECT o.id FROM notice o WHERE o.created_at < now() - interval '1 day' ORDER BY o.id LIMIT 500)
