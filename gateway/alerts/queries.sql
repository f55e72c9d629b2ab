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

-- name: count_sales
-- Counts what was sold in the next $1 seconds of orders, by their numbers, up to a minute ago: when the last of those have long been
-- committed. No row: it is counted up to there, or somebody else is at it.
WITH turn AS (
    SELECT c.upto, least(c.upto + make_interval(secs => $1::double precision), now() - interval '1 minute') AS till
    FROM sales_counted c WHERE c.upto < now() - interval '70 seconds' FOR UPDATE SKIP LOCKED
), numbers AS (
    SELECT t.till, (extract(epoch FROM t.upto - timestamptz '2025-01-01Z') * 1000)::bigint << 22 AS first,
           (extract(epoch FROM t.till - timestamptz '2025-01-01Z') * 1000)::bigint << 22 AS next FROM turn t
), sold AS (
    SELECT s.pool_id, s.day, sum(s.codes)::bigint AS codes
    FROM numbers n CROSS JOIN partner p CROSS JOIN LATERAL (
        SELECT o.pool_id, (o.created_at AT TIME ZONE 'UTC')::date AS day, cardinality(o.seqs) AS codes
        FROM orders o WHERE o.partner_id = p.id AND o.id >= n.first AND o.id < n.next AND o.pool_id IS NOT NULL) AS s
    JOIN pool k ON k.id = s.pool_id AND NOT k.purchased GROUP BY s.pool_id, s.day
)
SELECT n.till, note_sold(ARRAY(SELECT s.pool_id FROM sold s ORDER BY s.pool_id, s.day), ARRAY(SELECT s.day FROM sold s ORDER BY s.pool_id, s.day),
                         ARRAY(SELECT s.codes FROM sold s ORDER BY s.pool_id, s.day), n.till) IS NULL AS noted
FROM numbers n

-- name: lasting
SELECT level, count(*) AS alerts FROM alert WHERE resolved_at IS NULL GROUP BY level

-- name: forget
DELETE FROM alert WHERE id IN (SELECT a.id FROM alert a WHERE a.resolved_at < now() - make_interval(days => $1::integer) ORDER BY a.resolved_at LIMIT 500)
