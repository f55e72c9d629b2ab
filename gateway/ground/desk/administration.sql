-- What every action asks: who is meant, in which order lists are read, and its row of the log of changes.

-- name: partner_by_name
SELECT id FROM partner WHERE name = $1

-- name: by_index
-- For the lists of this transaction: in the order of an index, whatever statistics say (ground/sql/database.py).
SELECT concat(set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
              set_config('enable_sort', 'off', true)) AS off

-- name: record_change
SELECT record_change($1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb, $7, $8, $9::jsonb) AS id
