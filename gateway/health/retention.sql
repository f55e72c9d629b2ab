-- Forgetting; the rules are in routines.sql.

-- name: forget
SELECT deleted, last, more FROM forget($1, $2, $3, $4)
