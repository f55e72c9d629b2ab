-- What operators do with operators, roles and tokens.

-- name: insert_operator
-- No row: the name is taken. $6: the operator who makes it; NULL: the shell. $7: whose person it is; NULL: the shop's.
INSERT INTO operator (name, person, password, totp_secret, made_by, maker_id, partner_id)
VALUES ($1, $2, $3, $4, $5, (SELECT m.id FROM operator m WHERE m.name = $6::text), $7)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: list_operators
SELECT o.name AS operator, o.person, (SELECT p.name FROM partner p WHERE p.id = o.partner_id) AS partner,
       ARRAY(SELECT r.name FROM operator_role m JOIN role r ON r.id = m.role_id WHERE m.operator_id = o.id ORDER BY r.name) AS roles,
       o.disabled_at IS NULL AS enabled, o.frozen_at IS NOT NULL AS frozen,
       (SELECT count(*) FROM token t WHERE t.operator_id = o.id AND t.revoked_at IS NULL AND t.expires_at > now()) AS live_tokens,
       o.made_by, o.created_at
FROM operator o ORDER BY o.name

-- name: show_operator
SELECT o.name AS operator, o.person, (SELECT p.name FROM partner p WHERE p.id = o.partner_id) AS partner,
       ARRAY(SELECT r.name FROM operator_role m JOIN role r ON r.id = m.role_id WHERE m.operator_id = o.id ORDER BY r.name) AS roles,
       o.disabled_at IS NULL AS enabled, o.frozen_at IS NOT NULL AS frozen, o.disabled_at, o.frozen_at,
       (SELECT count(*) FROM recovery_code c WHERE c.operator_id = o.id AND c.used_at IS NULL) AS recovery_codes_left,
       o.made_by, o.created_at
FROM operator o WHERE o.name = $1

-- name: colleagues
-- Enabled operators of other persons than $1, but those that $1 made less than $3 seconds before $2 (NULL: now), directly or by one so made.
WITH RECURSIVE made (id) AS (
    SELECT o.id FROM operator o JOIN operator m ON m.id = o.maker_id
    WHERE lower(m.person) = lower($1) AND o.created_at > coalesce($2, now()) - make_interval(secs => $3)
    UNION
    SELECT o.id FROM made d JOIN operator o ON o.maker_id = d.id WHERE o.created_at > coalesce($2, now()) - make_interval(secs => $3)
)
SELECT o.name AS operator, o.person,
       ARRAY(SELECT r.name FROM operator_role m JOIN role r ON r.id = m.role_id WHERE m.operator_id = o.id ORDER BY r.name) AS roles
FROM operator o
WHERE o.disabled_at IS NULL AND o.partner_id IS NULL AND lower(o.person) <> lower($1) AND o.id NOT IN (SELECT d.id FROM made d) ORDER BY o.name

-- name: disable_operator
UPDATE operator SET disabled_at = coalesce(disabled_at, now()), sessions_since = now() WHERE name = $1 RETURNING id

-- name: enable_operator
UPDATE operator SET disabled_at = NULL WHERE name = $1 RETURNING id

-- name: unfreeze_operator
-- Who is not frozen stays as he is: nothing of what he saw is forgotten.
UPDATE operator SET frozen_at = NULL, unfrozen_at = CASE WHEN frozen_at IS NULL THEN unfrozen_at ELSE now() END WHERE name = $1 RETURNING id

-- name: freeze_operator
UPDATE operator SET frozen_at = coalesce(frozen_at, now()) WHERE name = $1 RETURNING id

-- name: hold_viewer
-- An hour ago, or since somebody let him see codes again.
SELECT frozen_at IS NOT NULL AS frozen, greatest(now() - interval '1 hour', unfrozen_at) AS counted_since
FROM operator WHERE name = $1 FOR NO KEY UPDATE

-- name: set_password
UPDATE operator SET password = $2, sessions_since = now() WHERE name = $1 RETURNING id

-- name: set_totp_secret
UPDATE operator SET totp_secret = $2, totp_step = 0, sessions_since = now() WHERE name = $1 RETURNING id

-- name: note_reset
-- Who made his way in anew ($2: the persons who could be behind it).
INSERT INTO operator_reset (operator_id, hands) SELECT o.id, $2::text[] FROM operator o WHERE o.name = $1

-- name: hold_credentials
-- Of all who try at once to be him one is first.
SELECT id, password, totp_secret, partner_id, disabled_at IS NULL AS enabled, extract(epoch FROM now())::float8 AS now_s
FROM operator WHERE name = $1 FOR NO KEY UPDATE

-- name: spend_step
-- No row: this step is spent, or one after it. All before it are spent with it.
UPDATE operator SET totp_step = $2 WHERE id = $1 AND totp_step < $2 RETURNING id

-- name: spend_recovery_code
UPDATE recovery_code SET used_at = now() WHERE operator_id = $1 AND hash = $2 AND used_at IS NULL RETURNING operator_id

-- name: forget_recovery_codes
DELETE FROM recovery_code c USING operator o WHERE o.id = c.operator_id AND o.name = $1

-- name: set_recovery_codes
INSERT INTO recovery_code (operator_id, hash) SELECT o.id, h FROM operator o CROSS JOIN unnest($2::bytea[]) AS h WHERE o.name = $1

-- name: add_roles
INSERT INTO operator_role (operator_id, role_id)
SELECT o.id, r.id FROM operator o JOIN role r ON r.name = ANY($2::text[]) WHERE o.name = $1 AND o.partner_id IS NULL
ON CONFLICT DO NOTHING

-- name: remove_roles
DELETE FROM operator_role m USING operator o, role r
WHERE o.name = $1 AND r.name = ANY($2::text[]) AND m.operator_id = o.id AND m.role_id = r.id

-- ---------------------------------------------------------------- roles

-- name: list_role_names
SELECT name AS role FROM role ORDER BY name

-- name: list_roles
SELECT r.name AS role, (SELECT count(*) FROM operator_role m WHERE m.role_id = r.id) AS operators, r.created_at FROM role r ORDER BY r.name

-- name: role_by_name
-- Whoever changes what a role gives waits for the one before.
SELECT id FROM role WHERE name = $1 FOR NO KEY UPDATE

-- name: insert_role
INSERT INTO role (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id

-- name: role_deviations
SELECT r.name AS role, p.permission, p.granted FROM role_permission p JOIN role r ON r.id = p.role_id

-- name: set_role_permission
INSERT INTO role_permission (role_id, permission, granted) SELECT r.id, $2, $3 FROM role r WHERE r.name = $1
ON CONFLICT (role_id, permission) DO UPDATE SET granted = excluded.granted RETURNING role_id

-- ---------------------------------------------------------------- tokens

-- name: insert_token
-- No row: the operator is disabled, or a partner's.
INSERT INTO token (token_id, operator_id, label, hash, permissions, made_by, expires_at, made_with)
SELECT $1, o.id, $3, $4, $5::text[], $6, now() + make_interval(days => $7::int), $8
FROM operator o WHERE o.name = $2 AND o.disabled_at IS NULL AND o.partner_id IS NULL RETURNING expires_at

-- name: list_tokens
-- $1: only of this operator; NULL: of all. Those that are over are last.
SELECT t.token_id, o.name AS operator, t.label, coalesce(t.permissions, '{}') AS permissions,
       CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked' WHEN t.expires_at <= now() THEN 'expired'
            WHEN o.disabled_at IS NOT NULL THEN 'disabled' ELSE 'live' END AS state,
       t.made_by, t.created_at, t.expires_at, t.revoked_at
FROM token t JOIN operator o ON o.id = t.operator_id WHERE $1::text IS NULL OR o.name = $1 ORDER BY t.id DESC

-- name: hands
-- The persons whose hands may be behind an operator ($1) with a token ($2, or NULL): his own, and whoever made that token, or
-- the token with which it was made, and so on; and whoever made the way in of one of these anew less than $3 seconds before he
-- acted, or before he made such a token. The shell is nobody here.
WITH RECURSIVE used (token_id, operator_id, made_by, made_with, created_at) AS (
    SELECT t.token_id, t.operator_id, t.made_by, t.made_with, t.created_at FROM token t WHERE t.token_id = $2
    UNION
    SELECT t.token_id, t.operator_id, t.made_by, t.made_with, t.created_at FROM used u JOIN token t ON t.token_id = u.made_with
), acted (id, person, at) AS (
    SELECT o.id, o.person, now() FROM operator o WHERE o.name = $1
    UNION ALL
    SELECT o.id, o.person, u.created_at FROM used u JOIN operator o ON o.id = u.operator_id OR o.name = u.made_by
)
SELECT lower(a.person) AS person FROM acted a
UNION
SELECT h FROM acted a JOIN operator_reset r ON r.operator_id = a.id AND r.at <= a.at AND r.at > a.at - make_interval(secs => $3)
    CROSS JOIN unnest(r.hands) AS h

-- name: revoke_token
UPDATE token t SET revoked_at = coalesce(t.revoked_at, now()) FROM operator o
WHERE t.token_id = $1 AND o.id = t.operator_id RETURNING t.token_id, o.name AS operator, t.revoked_at

-- ---------------------------------------------------------------- seen before and after

-- name: trace_operator
SELECT o.id::text AS id, o.name, o.person, o.made_by, o.maker_id::text AS maker_id, o.partner_id::text AS partner_id, o.disabled_at, o.frozen_at, o.unfrozen_at,
       o.sessions_since, o.created_at
FROM operator o WHERE o.name = $1 FOR NO KEY UPDATE

-- name: trace_role
SELECT id::text AS id, name, created_at FROM role WHERE name = $1 FOR NO KEY UPDATE

-- name: trace_token
SELECT id::text AS id, token_id, operator_id::text AS operator_id, label, permissions, made_by, made_with, created_at, expires_at, revoked_at
FROM token WHERE token_id = $1 FOR NO KEY UPDATE
