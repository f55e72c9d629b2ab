-- What every action asks: who is meant, in which order lists are read, and its row of the log of changes.

-- name: partner_by_name
SELECT id FROM partner WHERE name = $1

-- name: by_index
-- For the lists of this transaction: in the order of an index, whatever statistics say (ground/sql/database.py).
SELECT concat(set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
              set_config('enable_sort', 'off', true)) AS off

-- name: by_bitmap
-- Whether an index of many words (GIN), which gives no order, may be read in this transaction.
SELECT set_config('enable_bitmapscan', $1, true)

-- name: record_change
SELECT record_change($1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb, $7, $8, $9::jsonb) AS id

-- name: newest_changes
-- The newest change of each of the subjects $1 by an action whose name begins with $2; 0: there is none.
SELECT s AS subject, coalesce((SELECT c.id FROM change c WHERE c.subject = s AND starts_with(c.action, $2) ORDER BY c.id DESC LIMIT 1), 0)::text
    AS version
FROM unnest($1::text[]) AS s

-- ---------------------------------------------------------------- idempotency keys of the admin API

-- name: begin_request
-- No row: the key is known, and not a day old. Of two at once the second waits here for the first.
INSERT INTO desk_request AS r (operator_id, route, key, content) VALUES ($1, $2, $3, $4)
ON CONFLICT (operator_id, route, key) DO UPDATE SET content = excluded.content, status = NULL, answer = NULL, created_at = now()
WHERE r.created_at < now() - interval '24 hours' RETURNING r.operator_id

-- name: known_request
SELECT content, status, answer FROM desk_request WHERE operator_id = $1 AND route = $2 AND key = $3

-- name: end_request
UPDATE desk_request SET status = $4, answer = $5 WHERE operator_id = $1 AND route = $2 AND key = $3 RETURNING operator_id

-- name: forget_request
DELETE FROM desk_request WHERE operator_id = $1 AND route = $2 AND key = $3 AND status IS NULL RETURNING operator_id

-- name: forget_old_requests
DELETE FROM desk_request WHERE created_at < now() - interval '24 hours'
