-- Passkeys of operators.

-- name: list_passkeys
-- $1: only of this operator; NULL: of all.
SELECT p.passkey_id, o.name AS operator, p.label, p.site,
       CASE WHEN p.revoked_at IS NOT NULL THEN 'revoked' WHEN o.disabled_at IS NOT NULL THEN 'disabled' ELSE 'live' END AS state,
       p.created_at, p.used_at, p.revoked_at
FROM passkey p JOIN operator o ON o.id = p.operator_id WHERE $1::text IS NULL OR o.name = $1 ORDER BY p.id DESC

-- name: live_passkeys
-- Of an operator at a site: what its authenticators are asked for, and not to make again.
SELECT p.credential_id FROM passkey p WHERE p.operator_id = $1 AND p.site = $2 AND p.revoked_at IS NULL ORDER BY p.id

-- name: count_passkeys
SELECT count(*) FROM passkey WHERE operator_id = $1 AND revoked_at IS NULL

-- name: insert_passkey
-- No row: this authenticator's is there already.
INSERT INTO passkey (passkey_id, operator_id, credential_id, public_key, site, label, sign_count)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING RETURNING passkey_id

-- name: passkey_of
SELECT p.passkey_id, p.operator_id, o.name AS operator, p.public_key, p.sign_count, p.site
FROM passkey p JOIN operator o ON o.id = p.operator_id WHERE p.credential_id = $1 AND p.revoked_at IS NULL

-- name: use_passkey
-- Its counter goes up with each use, or its authenticator has none. No row: somebody was faster, or it is revoked.
UPDATE passkey SET sign_count = $2, used_at = now()
WHERE passkey_id = $1 AND revoked_at IS NULL AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0)) RETURNING passkey_id

-- name: spend_challenge
-- No row: it was answered before.
INSERT INTO passkey_answer (hash) VALUES ($1) ON CONFLICT DO NOTHING RETURNING at

-- name: forget_answers
DELETE FROM passkey_answer WHERE at < now() - make_interval(secs => $1)

-- name: revoke_passkey
-- $2: only if it is this operator's; NULL: whoever's it is.
UPDATE passkey p SET revoked_at = coalesce(p.revoked_at, now()) FROM operator o
WHERE p.passkey_id = $1 AND o.id = p.operator_id AND ($2::text IS NULL OR o.name = $2)
RETURNING p.passkey_id, o.name AS operator, p.revoked_at

-- name: revoke_passkeys
UPDATE passkey p SET revoked_at = now() FROM operator o WHERE o.name = $1 AND p.operator_id = o.id AND p.revoked_at IS NULL

-- name: the_time
SELECT extract(epoch FROM now())::float8 AS now_s

-- name: trace_passkey
SELECT id::text AS id, passkey_id, operator_id::text AS operator_id, label, site, created_at, used_at, revoked_at
FROM passkey WHERE passkey_id = $1 FOR NO KEY UPDATE
