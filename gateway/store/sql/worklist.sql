-- What waits for a person or an upstream, for metrics. Both parts read a partial index.

-- name: waiting
SELECT (SELECT count(*) FROM orders WHERE parked IS NOT NULL) AS parked_orders,
       count(*) AS uncertain_attempts,
       coalesce(extract(epoch FROM now() - min(a.created_at)), 0)::double precision AS oldest_uncertain_s
FROM attempt a WHERE a.next_check_at IS NOT NULL AND a.state = 'uncertain'

-- name: last_audit
SELECT ok, extract(epoch FROM ended_at)::double precision AS ended_at FROM audit_run ORDER BY id DESC LIMIT 1
