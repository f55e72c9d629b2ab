-- What its actions and views ask.

-- name: list_changes
-- Each filter (subject, action, actor) may be NULL; newest first, beyond the one that $4 names. $5: how many.
SELECT c.id::text AS id, c.at, c.actor, c.action, c.subject, c.reason, c.given, c.before, c.after, c.whence,
       coalesce(c.how ->> 'via', 'cli') AS via, c.how ->> 'token' AS token, c.how ->> 'session' AS session, c.how ->> 'request_id' AS request_id,
       c.how ->> 'approval' AS approval, c.how ->> 'approved_by' AS approved_by, coalesce((c.how ->> 'alone')::boolean, false) AS alone
FROM change c
WHERE ($1::text IS NULL OR c.subject = $1) AND ($2::text IS NULL OR c.action = $2) AND ($3::text IS NULL OR c.actor = $3)
  AND ($4::text IS NULL OR c.id < $4::text::bigint)
ORDER BY c.id DESC LIMIT $5

-- name: take_audit
-- Whether nobody audits by API now; it is free again when the connection ends.
SELECT pg_try_advisory_lock(hashtextextended('quangate.audit', 0)) AS taken

-- name: go_easy
-- One process of the server, and no statement longer than so many milliseconds.
SELECT set_config('max_parallel_workers_per_gather', '0', false) || '/' || set_config('statement_timeout', $1, false) AS said
