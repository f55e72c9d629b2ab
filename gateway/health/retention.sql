-- Forgetting; the rules are routines/retention.sql.

-- name: forget
SELECT deleted, last, more FROM forget($1, $2, $3, $4)
