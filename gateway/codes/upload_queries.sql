-- Uploaded files as a worker imports them: one after the other, whoever comes first.

-- name: take_import
-- The oldest that is due, or that a worker left which lives no more; the caller's from now on.
UPDATE code_import c SET state = 'running', worker_id = $1, tries = c.tries + 1, started_at = coalesce(c.started_at, now())
WHERE c.id = (
    SELECT i.id FROM code_import i WHERE i.state IN ('queued', 'running') AND i.next_try_at <= now()
      AND (i.state = 'queued' OR i.worker_id = $1 OR NOT EXISTS (
          SELECT FROM worker w WHERE w.worker_id = i.worker_id AND w.expires_at > now()))
    ORDER BY i.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING c.id, (SELECT p.name FROM pool p WHERE p.id = c.pool_id) AS pool, c.file, c.size, c.given::text AS given, c.dry_run, c.made_by,
          c.person, c.whence, c.how::text AS how, c.reason, c.tries, c.batch_id

-- name: piece
SELECT sealed FROM code_import_piece WHERE import_id = $1 AND n = $2

-- name: note_progress
UPDATE code_import SET bytes_done = $2 WHERE id = $1 AND state = 'running'

-- name: note_batch
-- In the transaction that puts it on sale: who goes on after a kill finds that it is done.
UPDATE code_import SET batch_id = $2 WHERE id = $1

-- name: batch_of_import
SELECT b.imported, b.duplicates, b.rejected FROM code_import i JOIN batch b ON b.id = i.batch_id WHERE i.id = $1

-- name: end_import
UPDATE code_import SET state = $2, bytes_done = CASE $2 WHEN 'done' THEN size ELSE bytes_done END, imported = $3, duplicates = $4,
    rejected = $5, verdicts = $6::jsonb, warnings = $7::jsonb, error = $8::jsonb, worker_id = NULL, ended_at = now()
WHERE id = $1 AND state = 'running'

-- name: forget_pieces
DELETE FROM code_import_piece WHERE import_id = $1

-- name: put_back
-- Somebody else's turn, or the same one's later: after so many seconds. $3: what the try was is not its fault.
UPDATE code_import SET state = 'queued', worker_id = NULL, next_try_at = now() + make_interval(secs => $2), tries = tries - CASE WHEN $3 THEN 1 ELSE 0 END
WHERE id = $1 AND state = 'running'
