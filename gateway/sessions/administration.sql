-- People at the console.

-- name: enabled_operators
SELECT EXISTS (SELECT FROM operator WHERE disabled_at IS NULL AND partner_id IS NULL) AS there

-- name: password_of
SELECT password FROM operator WHERE name = $1

-- name: failures
SELECT address, at FROM sign_in_failure WHERE who = $1 AND at > now() - make_interval(secs => $2) ORDER BY at, id

-- name: insert_failure
INSERT INTO sign_in_failure (who, address) VALUES ($1, $2)

-- name: clear_failures
DELETE FROM sign_in_failure WHERE who = $1

-- name: insert_session
INSERT INTO session (session_id, operator_id, hash, address) VALUES ($1, $2, $3, $4)

-- name: live_session
-- $2 to $5: how long one lasts, how long it may rest, how long a step-up is good, how often it is written that it is in use. Seconds.
SELECT s.session_id, s.operator_id, o.name, o.person, o.frozen_at IS NOT NULL AS is_frozen, s.address, s.signed_in_at,
       s.signed_in_at + make_interval(secs => $2) AS ends_at,
       coalesce(s.stepped_up_at > now() - make_interval(secs => $4), false) AS stepped_up,
       s.seen_at < now() - make_interval(secs => $5) AS unseen,
       EXISTS (SELECT FROM passkey p WHERE p.operator_id = s.operator_id AND p.revoked_at IS NULL) AS has_passkey
FROM session s JOIN operator o ON o.id = s.operator_id
WHERE s.hash = $1 AND s.ended_at IS NULL AND o.disabled_at IS NULL AND o.partner_id IS NULL AND s.signed_in_at > o.sessions_since
  AND s.signed_in_at > now() - make_interval(secs => $2) AND s.seen_at > now() - make_interval(secs => $3)

-- name: mark_seen
UPDATE session SET seen_at = now() WHERE session_id = $1

-- name: renew
-- What a browser shows is another one from now on.
UPDATE session SET hash = $2, stepped_up_at = now(), seen_at = now() WHERE session_id = $1 AND ended_at IS NULL

-- name: end_session
UPDATE session SET ended_at = now() WHERE session_id = $1 AND ended_at IS NULL

-- name: forget_sessions
-- A day after the last moment it could have been used.
DELETE FROM session WHERE signed_in_at < now() - make_interval(secs => $1) - interval '1 day'

-- name: count_sessions
-- How many last, at most 10,001: those of so many seconds ($1), and not at rest for so many ($2). By the index of their begin.
SELECT count(*) FROM (SELECT FROM session s WHERE s.signed_in_at > now() - make_interval(secs => $1)
    AND s.seen_at > now() - make_interval(secs => $2) AND s.ended_at IS NULL LIMIT 10001) AS x

-- name: forget_failures
DELETE FROM sign_in_failure WHERE at < now() - make_interval(secs => $1)
