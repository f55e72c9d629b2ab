-- What a person has to look at, as the database knows it: each gives (subject, detail), at most 100 rows,
-- and reads an index's first entries or what grows with what is sold only. Counts stop at 10,001.

-- name: parked
SELECT 'orders' AS subject, format('%s orders wait for a person: quangate order list --parked', w.waiting) AS detail
FROM (SELECT count(*) AS waiting FROM (
    SELECT FROM orders o WHERE o.parked IS NOT NULL AND o.updated_at < now() - make_interval(secs => $1::bigint) LIMIT 10001) AS x) AS w
WHERE w.waiting > 0

-- name: uncertain
SELECT u.name AS subject, format('%s top-ups without a certain answer, the oldest since %s', x.waiting, to_char(x.oldest AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) AS detail
FROM (SELECT a.upstream_id, count(*) AS waiting, min(a.created_at) AS oldest FROM (
          SELECT t.upstream_id, t.created_at FROM attempt t
          WHERE t.next_check_at IS NOT NULL AND t.state = 'uncertain' AND t.created_at < now() - make_interval(secs => $1::bigint) LIMIT 10001) AS a
      GROUP BY a.upstream_id) AS x
JOIN upstream u ON u.id = x.upstream_id ORDER BY u.name LIMIT 100

-- name: stock_low
SELECT s.sku AS subject, format('%s codes are left, %s is its mark', s.for_sale, s.low_stock) AS detail
FROM (SELECT k.sku, k.low_stock, for_sale(shelf_of_sku(k.pool_id, k.sku), k.min_life_days, k.low_stock) AS for_sale
      FROM sku k WHERE k.pool_id IS NOT NULL AND k.on_sale AND k.low_stock > 0) AS s
WHERE s.for_sale < s.low_stock ORDER BY s.sku LIMIT 100

-- name: cover_low
-- Of pools that SKUs on sale sell from; NULL: none is an alert.
SELECT x.pool AS subject, format('%s codes are left, %s days at %s a day: quangate codes import', x.left, x.days, x.sold) AS detail
FROM (SELECT p.name AS pool, n.free + n.leased AS left, days_of_cover(p.id, n.free + n.leased, 7) AS days,
             round(sold_a_day(p.id, 7)::numeric, 1) AS sold
      FROM pool p CROSS JOIN LATERAL pool_level(p.id) AS n
      WHERE EXISTS (SELECT FROM pool_day d WHERE d.pool_id = p.id) AND EXISTS (SELECT FROM sku k WHERE k.pool_id = p.id AND k.on_sale)) AS x
WHERE x.days < $1::bigint ORDER BY x.days, x.pool LIMIT 100

-- name: codes_expiring
SELECT p.name AS subject, format('%s unsold codes expire within %s days', sum(f.hi - f.lo), $1::bigint) AS detail
FROM fragment f JOIN pool p ON p.id = f.pool_id
WHERE f.expires_at > now() AND f.expires_at < now() + make_interval(days => $1::bigint::integer) GROUP BY p.name ORDER BY p.name LIMIT 100

-- name: cases_waiting
SELECT 'cases' AS subject, format('%s cases wait too long: quangate case list --open', w.waiting) AS detail
FROM (SELECT count(*) AS waiting FROM (
    SELECT FROM service_case c WHERE c.state IN ('opened', 'in_review') AND c.created_at < now() - make_interval(secs => $1::bigint)
       AND coalesce(c.snoozed_until, '-infinity') <= now()
    UNION ALL SELECT FROM service_case c WHERE c.state IN ('acting', 'waiting_upstream') AND c.deadline_at < now() LIMIT 10001) AS x) AS w
WHERE w.waiting > 0

-- name: webhooks_dead
SELECT p.name AS subject, format('%s messages could not be delivered: quangate webhook list --partner %s --state dead', d.dead, p.name) AS detail
FROM partner p CROSS JOIN LATERAL (
    SELECT count(*) AS dead FROM (SELECT FROM webhook w WHERE w.partner_id = p.id AND w.state = 'dead' ORDER BY w.id LIMIT 10001) AS x) AS d
WHERE d.dead >= $1::bigint ORDER BY p.name LIMIT 100

-- name: channel_unmapped
SELECT c.name AS subject, format('%s orders are left alone, since their product stands for no SKU: quangate channel show %s', x.waiting, c.name) AS detail
FROM (SELECT w.channel_id, count(*) AS waiting FROM (
          SELECT t.channel_id FROM channel_task t WHERE t.state = 'unmapped' LIMIT 10001) AS w GROUP BY w.channel_id) AS x
JOIN channel c ON c.id = x.channel_id ORDER BY c.name LIMIT 100

-- name: channel_held
SELECT c.name AS subject, format('%s orders wait for a person: quangate channel show %s', x.waiting, c.name) AS detail
FROM (SELECT w.channel_id, count(*) AS waiting FROM (
          SELECT t.channel_id FROM channel_task t WHERE t.state = 'held' LIMIT 10001) AS w GROUP BY w.channel_id) AS x
JOIN channel c ON c.id = x.channel_id ORDER BY c.name LIMIT 100

-- name: endpoint_disabled
SELECT p.name AS subject, format('since %s: %s', to_char(e.disabled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), coalesce(e.disabled_why, 'by hand')) AS detail
FROM webhook_endpoint e JOIN partner p ON p.id = e.partner_id WHERE e.disabled_at IS NOT NULL ORDER BY p.name LIMIT 100

-- name: audit_broken
SELECT 'audit' AS subject, format('the audit of %s found: %s', to_char(a.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.findings) AS detail
FROM (SELECT r.ok, r.ended_at, r.findings FROM audit_run r ORDER BY r.id DESC LIMIT 1) AS a WHERE NOT a.ok

-- name: backup_age
SELECT 'backup' AS subject, format('the last good backup is %s hours old: quangate backup TO', floor(extract(epoch FROM now() - b.ended_at) / 3600)) AS detail
FROM (SELECT max(r.ended_at) AS ended_at FROM backup_run r) AS b WHERE b.ended_at < now() - make_interval(secs => $1::bigint)

-- name: replication
-- Of followers of ours; of others' standbys their own tools tell.
SELECT w.names AS subject, 'orders wait for a follower that does not run: quangate backup follow TO --synchronous, or --leave' AS detail
FROM (SELECT current_setting('synchronous_standby_names') AS names) AS w
WHERE w.names LIKE '"quangate\_%' AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active AND strpos(w.names, s.slot_name) > 0)

-- name: old_snapshot
-- A row that is updated by every commit (an account's) is read through all versions that somebody may still look at. In
-- transactions, not in minutes: what hurts is what was committed meanwhile. A vacuum holds nothing back.
SELECT h.subject, format('%s transactions have begun since, and what they replaced is kept for it: end it, %s', h.age, h.how) AS detail
FROM (SELECT format('session %s (%s)', a.pid, coalesce(nullif(a.application_name, ''), 'nameless')) AS subject,
             greatest(age(a.backend_xmin), age(a.backend_xid)) AS age, format('SELECT pg_terminate_backend(%s)', a.pid) AS how
      FROM pg_stat_activity a
      WHERE (a.datname = current_database() OR a.datname IS NULL) AND a.backend_type <> 'autovacuum worker' AND a.pid <> pg_backend_pid()
      UNION ALL
      SELECT format('slot %s', s.slot_name), greatest(age(s.xmin), age(s.catalog_xmin)), format('or pg_drop_replication_slot(%L)', s.slot_name)
      FROM pg_replication_slots s
      UNION ALL
      SELECT format('prepared %s', p.gid), age(p.transaction), format('ROLLBACK PREPARED %L', p.gid)
      FROM pg_prepared_xacts p WHERE p.database = current_database()) AS h
WHERE h.age > $1::bigint ORDER BY h.age DESC LIMIT 100

-- name: sales_closed
SELECT 'shop' AS subject, 'nothing is sold until `quangate restore-check` has said that it may be' AS detail
WHERE EXISTS (SELECT FROM restoration r WHERE r.checked_at IS NULL)

-- name: reveal_freeze
-- Lifted between two looks, it was one all the same: for a minute it is still seen.
SELECT o.name AS subject,
       CASE WHEN o.frozen_at IS NULL THEN 'saw too many codes within an hour; somebody else let him go on'
            ELSE 'saw too many codes within an hour: quangate operator unfreeze, by somebody else' END AS detail
FROM operator o
WHERE (o.frozen_at IS NOT NULL AND o.disabled_at IS NULL) OR o.unfrozen_at > now() - interval '1 minute' ORDER BY o.name LIMIT 100

-- name: alone
-- Those of the last day, newest first; what was not done so has no such member.
SELECT c.id::text AS subject, format('%s of %s by %s, with nobody to ask', c.action, c.subject, c.actor) AS detail
FROM change c WHERE c.how ? 'alone' AND c.at > now() - interval '1 day' ORDER BY c.at DESC, c.id DESC LIMIT 100
