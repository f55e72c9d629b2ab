-- Who may work here, in the catalog's snapshot.

-- name: operators
SELECT o.id, o.name, o.person, o.frozen_at IS NOT NULL AS is_frozen,
       ARRAY(SELECT r.name FROM operator_role m JOIN role r ON r.id = m.role_id WHERE m.operator_id = o.id ORDER BY r.name) AS roles
FROM operator o WHERE o.disabled_at IS NULL AND o.partner_id IS NULL

-- name: deviations
SELECT r.name AS role, p.permission, p.granted FROM role_permission p JOIN role r ON r.id = p.role_id

-- name: tokens
SELECT t.token_id, o.name AS operator, t.hash, t.permissions, t.expires_at
FROM token t JOIN operator o ON o.id = t.operator_id
WHERE t.revoked_at IS NULL AND t.expires_at > now() AND o.disabled_at IS NULL AND o.partner_id IS NULL
