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
-- The number of the try; $5 seconds it lives without a sign (NULL: as long as its transaction). No row: the key is known, not a day
-- old, and whoever took it lives or has done something. Of two at once the second waits here for the first.
INSERT INTO desk_request AS r (operator_id, route, key, content, alive_until) VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::float8))
ON CONFLICT (operator_id, route, key) DO UPDATE
SET content = excluded.content, status = NULL, answer = NULL, change_id = NULL, try = r.try + 1, alive_until = excluded.alive_until, created_at = now()
WHERE r.created_at < now() - interval '24 hours'
   OR (r.status IS NULL AND r.change_id IS NULL AND r.alive_until < now() AND r.content = excluded.content) RETURNING r.try

-- name: known_request
-- `died`: whoever took it says nothing any more, and did what `change_id` says.
SELECT content, status, answer, change_id::text AS change_id, status IS NULL AND alive_until < now() AS died
FROM desk_request WHERE operator_id = $1 AND route = $2 AND key = $3

-- name: live_request
-- For $5 seconds more; no row: it was taken over.
UPDATE desk_request SET alive_until = now() + make_interval(secs => $5::float8) WHERE operator_id = $1 AND route = $2 AND key = $3 AND try = $4 AND status IS NULL
RETURNING try

-- name: note_request
-- In the transaction of an effect, whose row of the log is the newest, for the chain's head is held; no row: it was taken over.
UPDATE desk_request SET change_id = (SELECT h.height FROM change_head h) WHERE operator_id = $1 AND route = $2 AND key = $3 AND try = $4 AND status IS NULL
RETURNING try

-- name: end_request
UPDATE desk_request SET status = $5, answer = $6 WHERE operator_id = $1 AND route = $2 AND key = $3 AND try = $4 RETURNING operator_id

-- name: forget_request
-- What did something is not done again.
DELETE FROM desk_request WHERE operator_id = $1 AND route = $2 AND key = $3 AND try = $4 AND status IS NULL AND change_id IS NULL RETURNING operator_id

-- name: forget_old_requests
DELETE FROM desk_request WHERE created_at < now() - interval '24 hours'
