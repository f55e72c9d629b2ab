-- Reading a day of one upstream, for reconciliation. Once a day: worth no index on a hot table.

-- name: upstream
SELECT id, name, connector, base_url, settings FROM upstream WHERE name = $1

-- name: attempts_of_day
-- What was sent, with the money of its order.
WITH day AS (
    SELECT a.id AS attempt_id, a.upstream_no, a.state, a.cost, a.quantity, a.face_value, a.account = '' AS buys_codes,
           extract(epoch FROM now() - a.sent_at)::float8 AS age_s,
           o.id AS order_no, o.state AS order_state, o.amount AS order_amount, o.refunded AS order_refunded
    FROM attempt a JOIN orders o ON o.partner_id = a.partner_id AND o.id = a.order_id
    WHERE a.upstream_id = $1 AND a.created_at >= $2 AND a.created_at < $3 AND a.sent_at IS NOT NULL
), money AS (
    SELECT e.order_id, sum(e.amount)::bigint AS entries FROM each_entry e
    WHERE e.order_id IN (SELECT order_no FROM day) GROUP BY 1
)
SELECT day.*, coalesce(money.entries, 0) AS order_entries
FROM day LEFT JOIN money ON money.order_id = day.order_no ORDER BY day.attempt_id

-- name: known_attempts
-- Which of these numbers are attempts at this upstream, of whatever day.
SELECT id FROM attempt WHERE upstream_id = $1 AND id = ANY ($2::bigint[])

-- name: free_slot
-- A worker slot that nobody holds: for the ids of webhooks that settling makes.
SELECT s FROM generate_series(1023, 0, -1) AS s WHERE NOT EXISTS (SELECT FROM worker w WHERE w.slot = s) LIMIT 1
