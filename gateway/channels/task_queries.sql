-- Orders that are followed; the states are those of migration 0436.

-- name: add_task
-- A repeated one is the same; one that says something else before anything was done is for a person.
INSERT INTO channel_task AS t (partner_id, number, channel_id, told, wish) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (partner_id, number) DO UPDATE SET state = 'held', why = 'the house says something else of it now', next_attempt_at = NULL
WHERE t.told <> excluded.told AND t.state IN ('new', 'unmapped') AND t.channel_id = excluded.channel_id

-- name: ask_refund
-- What was not begun is not begun; what was is held at its end.
UPDATE channel_task SET refund_asked = true,
    state = CASE WHEN state IN ('new', 'unmapped') THEN 'held' ELSE state END,
    why = 'a refund was asked for',
    next_attempt_at = CASE WHEN state IN ('new', 'unmapped') THEN NULL ELSE next_attempt_at END
WHERE partner_id = $1 AND number = $2 AND channel_id = $3 AND state <> 'done'

-- name: take_tasks
-- Those that are due; nobody else looks at them for $2 seconds.
WITH due AS (
    SELECT partner_id, number FROM channel_task WHERE next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE channel_task t SET next_attempt_at = now() + make_interval(secs => $2)
FROM due LEFT JOIN orders o ON o.partner_id = due.partner_id AND o.out_order_no = due.number
WHERE t.partner_id = due.partner_id AND t.number = due.number
RETURNING t.partner_id, t.number, t.channel_id, t.wish, t.state, t.refund_asked, t.attempts, o.id AS order_id, o.state AS order_state

-- name: move_task
-- Nothing happens when it has moved meanwhile. The attempts are those in one state. $7 NULL: nothing more by itself.
UPDATE channel_task SET attempts = CASE WHEN state = $4 THEN attempts + 1 ELSE 0 END, state = $4, wish = $5, why = $6,
    next_attempt_at = now() + make_interval(secs => $7::float8)
WHERE partner_id = $1 AND number = $2 AND state = $3

-- name: take_turn
-- A row: it is our turn to ask this house; the next is in $2 seconds.
INSERT INTO channel_poll AS p (channel_id, polled_at) VALUES ($1, now())
ON CONFLICT (channel_id) DO UPDATE SET polled_at = now() WHERE p.polled_at <= now() - make_interval(secs => $2)
RETURNING channel_id
