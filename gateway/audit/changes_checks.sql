-- The audit's statements about the log of changes.

-- name: i13_change_chain
SELECT format('change %s does not follow from the one before it', id) AS problem
FROM (SELECT id, digest, hash, lag(id, 1, 0::bigint) OVER w AS id_before, lag(hash, 1, sha256('')) OVER w AS hash_before
      FROM change WINDOW w AS (ORDER BY id)) AS c
WHERE id <> id_before + 1 OR hash <> sha256(hash_before || digest)

-- name: i13_change_head
SELECT format('the log of changes: its head says %s, its last row is %s%s', coalesce(height::text, 'nothing'), coalesce(last, 0),
              CASE WHEN height = coalesce(last, 0) THEN ' with another hash' ELSE '' END) AS problem
FROM (SELECT (SELECT h.height FROM change_head h) AS height, (SELECT h.hash FROM change_head h) AS hash,
             (SELECT max(c.id) FROM change c) AS last, (SELECT c.hash FROM change c ORDER BY c.id DESC LIMIT 1) AS last_hash) AS ends
WHERE height IS DISTINCT FROM coalesce(last, 0) OR hash IS DISTINCT FROM coalesce(last_hash, sha256(''))

-- name: i13_change_digest
SELECT format('change %s was changed', id) AS problem FROM change
WHERE digest <> change_digest(id, at, actor, action, subject, given, before, after, reason, whence, how)

-- name: i13_change_guards
SELECT missing_guards('changes') AS problem
