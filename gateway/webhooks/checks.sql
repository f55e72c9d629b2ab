-- What does not add up about webhooks; how these statements are made: audit/checks.sql.

-- ---------------------------------------------------------------- I11: a terminal order leads to a webhook

-- name: i11_sequence
SELECT format('order %s has had %s events, but %s webhooks up to number %s', o.id, o.last_event, coalesce(w.messages, 0), coalesce(w.last, 0)) AS problem
FROM orders o
LEFT JOIN (SELECT partner_id, order_id, count(*) AS messages, max(sequence) AS last FROM webhook WHERE order_id IS NOT NULL GROUP BY 1, 2) AS w
       ON w.partner_id = o.partner_id AND w.order_id = o.id
WHERE (o.last_event <> coalesce(w.messages, 0) OR o.last_event <> coalesce(w.last, 0))
  AND o.created_at >= coalesce((SELECT f.before FROM forgotten f WHERE f.what = 'webhook'), '-infinity')

-- name: i11_terminal_without_webhook
-- A running gateway knows of a new endpoint within a second; five are allowed here.
SELECT format('order %s is %s and its partner was not told', o.id, o.state) AS problem
FROM orders o LEFT JOIN webhook_endpoint e ON e.partner_id = o.partner_id AND e.disabled_at IS NULL
WHERE o.state IN ('delivered', 'partial', 'failed', 'reversed') AND o.last_event = 0 AND o.parked IS NULL
  AND (o.updated_at > e.set_at + interval '5 seconds' OR o.details::jsonb ->> 'notify_url' IS NOT NULL)

-- name: i11_webhook_forgotten
SELECT format('webhook %s of order %s is pending, but nothing will send it', id, order_id) AS problem
FROM webhook WHERE state = 'pending' AND next_attempt_at IS NULL
