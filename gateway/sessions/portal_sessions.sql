-- Who is at the portal.

-- name: partner_of_key
-- No row: the key has ended meanwhile.
SELECT k.partner_id FROM api_key k WHERE k.key_id = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())

-- name: insert_session
INSERT INTO portal_session (session_id, partner_id, key_id, operator_id, hash, address) VALUES ($1, $2, $3, $4, $5, $6)

-- name: live_session
-- $2 to $5: how long one lasts, how long it may rest, how long a step-up is good, how often it is written that it is in use. Seconds.
-- Whoever signed with a key has stepped up by that. A session ends with its key, and when its person is not that partner's any more.
SELECT s.session_id, s.partner_id, p.name AS partner, k.key_id, k.scopes, k.allow_ips, o.id AS operator_id, o.name AS operator, o.person,
       s.signed_in_at + make_interval(secs => $2) AS ends_at,
       coalesce(s.stepped_up_at, CASE WHEN s.key_id IS NOT NULL THEN s.signed_in_at END, '-infinity')
           > now() - make_interval(secs => $4) AS stepped_up,
       s.seen_at < now() - make_interval(secs => $5) AS unseen
FROM portal_session s JOIN partner p ON p.id = s.partner_id
LEFT JOIN api_key k ON k.key_id = s.key_id AND k.partner_id = s.partner_id
    AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
LEFT JOIN operator o ON o.id = s.operator_id AND o.partner_id = s.partner_id
    AND o.disabled_at IS NULL AND s.signed_in_at > o.sessions_since
WHERE s.hash = $1 AND s.ended_at IS NULL AND coalesce(k.key_id, o.name) IS NOT NULL
  AND s.signed_in_at > now() - make_interval(secs => $2) AND s.seen_at > now() - make_interval(secs => $3)

-- name: mark_seen
UPDATE portal_session SET seen_at = now() WHERE session_id = $1

-- name: renew
-- What a browser shows is another one from now on.
UPDATE portal_session SET hash = $2, stepped_up_at = now(), seen_at = now() WHERE session_id = $1 AND ended_at IS NULL

-- name: end_session
UPDATE portal_session SET ended_at = now() WHERE session_id = $1 AND ended_at IS NULL

-- name: forget_sessions
-- A day after the last moment it could have been used.
DELETE FROM portal_session WHERE signed_in_at < now() - make_interval(secs => $1) - interval '1 day'
